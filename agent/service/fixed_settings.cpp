#include "agent/service/fixed_settings.hpp"

#include "agent/config/config_file.hpp"
#include "agent/service/tls_judgement.hpp"
#include "common/base/log.hpp"
#include "common/text/invalid.hpp"

#include <algorithm>

namespace agent {

std::vector<std::string> keep_fixed_settings(Config& fresh, const Config& current) {
    std::vector<std::string> kept;
    const auto keep = [&kept](auto& value, const auto& old, const char* setting) {
        if (value != old) {
            kept.emplace_back(setting);
            value = old;
        }
    };
    keep(fresh.ingest.listen, current.ingest.listen, "[ingest] listen");
    keep(fresh.ingest.socket, current.ingest.socket, "[ingest] socket");
    keep(fresh.ingest.tls_cert_file, current.ingest.tls_cert_file, "[ingest] tls_cert_file");
    keep(fresh.ingest.tls_key_file, current.ingest.tls_key_file, "[ingest] tls_key_file");
    keep(fresh.queue.path, current.queue.path, "[queue] path");
    keep(fresh.queue.sync, current.queue.sync, "[queue] sync");
    fresh.delivery.defaults.agent_id = current.delivery.defaults.agent_id;
    if (kept.empty()) {
        return {};
    }
    auto errors = combination_errors(fresh);
    std::ranges::move(tls_errors(fresh), std::back_inserter(errors));
    for (auto& error : errors) {
        error += " (" + common::joined(kept, ", ") + (kept.size() == 1 ? " changes" : " change") +
                 " only with a restart, and what runs does not fit the rest of the file: restart "
                 "the agent to use all of it)";
    }
    if (errors.empty()) {
        for (const auto& setting : kept) {
            common::log::warn("changing this setting requires a restart", {{"setting", setting}});
        }
        fresh.awaiting_restart = std::move(kept);
    }
    return errors;
}

} // namespace agent
