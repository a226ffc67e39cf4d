// The settings that need a restart: on SIGHUP they stay as they are, and must fit what is new.
#pragma once

#include "agent/config/config.hpp"

#include <string>
#include <vector>

namespace agent {

/// Puts those settings of `current` into `fresh`, a configuration that is right as a whole, and
/// logs which of them differ. Returns what is wrong with the two together: the rules that hold
/// between settings, and the TLS files that are kept. Then nothing of `fresh` may be used.
/// Blocking.
std::vector<std::string> keep_fixed_settings(Config& fresh, const Config& current);

} // namespace agent
