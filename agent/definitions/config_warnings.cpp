#include "agent/definitions/config_warnings.hpp"

#include "agent/config/unmatched_globs.hpp"

namespace agent {

std::vector<std::string> config_warnings(const Config& config, const WebhookCache& cache) {
    auto warnings = config.warnings;
    if (!cache.known()) {
        return warnings;
    }
    std::vector<std::string> server;
    std::vector<std::string> local;
    const auto snapshot = cache.snapshot();
    for (const auto& webhook : snapshot->webhooks) {
        (local_name(webhook->key) ? local : server).push_back(webhook->name);
    }
    for (auto& warning : unmatched_globs(config, server, local)) {
        warnings.push_back(std::move(warning));
    }
    return warnings;
}

} // namespace agent
