// What of the INI file takes effect otherwise than it may be meant, now that it is known which
// webhooks there are. Loop thread.
#pragma once

#include "agent/definitions/webhook_cache.hpp"

#include <string>
#include <vector>

namespace agent {

/// Those of the file itself, and the globs that match no known webhook.
std::vector<std::string> config_warnings(const Config& config, const WebhookCache& cache);

} // namespace agent
