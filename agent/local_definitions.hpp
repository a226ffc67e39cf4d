// The definitions kept on the device (webhooks.file), read from disk. Fault::config when the file is no list of named webhooks.
#pragma once

#include "agent/config.hpp"
#include "agent/webhook_cache.hpp"
#include "common/result.hpp"

#include <string>
#include <vector>

namespace agent {

/// Nothing when no file is configured.
common::Result<std::vector<Definition>> read_local(const Config& config);

} // namespace agent
