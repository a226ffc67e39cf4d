// Finding: one thing that `ffl-agent check` has found out. A value.
#pragma once

#include <string>
#include <vector>

namespace agent {

enum class Level { ok, warn, fail };

struct Finding {
    Level level = Level::ok;
    std::string what;
    std::string fix = {}; ///< what to do about it; empty if there is nothing to do
    bool operator==(const Finding&) const = default;
};
using Findings = std::vector<Finding>;

} // namespace agent
