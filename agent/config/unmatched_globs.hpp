// The globs of the INI file that match no known webhook: what they are meant to do does not happen.
// Pure.
#pragma once

#include "agent/config/config.hpp"

#include <string>
#include <vector>

namespace agent {

/// A warning for each. `server`, `local`: the names of the known webhooks of either kind.
std::vector<std::string> unmatched_globs(const Config& config,
                                         const std::vector<std::string>& server,
                                         const std::vector<std::string>& local);

} // namespace agent
