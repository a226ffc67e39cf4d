// The definitions kept on the device (webhooks.file), read from disk. Fault::config when the file
// is no list of named webhooks.
#pragma once

#include "agent/config/config.hpp"
#include "agent/definitions/webhook_cache.hpp"
#include "common/base/result.hpp"

#include <string>
#include <vector>

namespace agent {

/// Nothing when no file is configured.
common::Result<std::vector<Definition>> read_local(const Config& config);

} // namespace agent
