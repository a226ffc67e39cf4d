// What the problems are found from, read off the parts of the program. Loop thread; no database.
#pragma once

#include "agent/api/status_sources.hpp"

#include <string>
#include <vector>

namespace agent {

struct StatusFindings {
    OutsideFacts outside;
    StatusFacts facts; ///< its webhooks are those of the snapshot, in its order
    std::vector<Problem> problems;
    Verdict verdict;
};

StatusFindings find_status(const StatusSources& sources);

} // namespace agent
