// The definitions kept on the device (webhooks.file), read from disk. Blocking.
#pragma once

#include "agent/config/config.hpp"
#include "agent/webhooks/definition_list.hpp"
#include "common/base/result.hpp"

#include <vector>

namespace agent {

/// Empty if no file is configured. Errors: Fault::config if the file cannot be read or is not a
/// list of webhooks with names.
common::Result<std::vector<Definition>> read_local(const Config& config);

} // namespace agent
