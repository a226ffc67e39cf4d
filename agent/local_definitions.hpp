// The definitions kept on the device (webhooks.file), read from disk. Fault::config when the file or a definition is bad.
#pragma once

#include "agent/config.hpp"
#include "agent/webhook_cache.hpp"
#include "common/result.hpp"

#include <string>
#include <vector>

namespace agent {

/// Nothing when no file is configured.
common::Result<std::vector<Definition>> read_local(const Config& config);

/// Contradictions that are served as written.
std::vector<std::string> definition_warnings(const Definition& definition);

} // namespace agent
