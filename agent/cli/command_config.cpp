#include "agent/cli/command_config.hpp"

#include "agent/cli/output.hpp"
#include "agent/config/config_file.hpp"
#include "agent/service/exit_codes.hpp"
#include "common/base/is_one_of.hpp"

#include <algorithm>
#include <iostream>
#include <string_view>

namespace agent {

using common::is_one_of;

namespace {

bool is_needed(const ConfigFault& fault, Needs needs) {
    const bool of_agent = fault.section == "ingest" &&
                          is_one_of(fault.key, {"listen", "socket", "token_file", "tls_cert_file"});
    switch (needs) {
    case Needs::nothing:
        return false;
    case Needs::agent:
        return of_agent;
    case Needs::queue:
        return of_agent || (fault.section == "queue" && fault.key == "path");
    case Needs::server:
        return fault.section == "server" ||
               (fault.section == "webhooks" && is_one_of(fault.key, {"include", "exclude"}));
    case Needs::everything:
        break;
    }
    return true;
}

} // namespace

std::optional<Config> config_for(Needs needs, const std::string& path) {
    const bool secrets = needs == Needs::server || needs == Needs::everything;
    auto loaded = load_config(path, credentials_directory(), secrets);
    const bool stops = std::ranges::any_of(loaded.faults, [&](const ConfigFault& fault) {
        return fault.is_whole() || is_needed(fault, needs);
    });
    for (const auto& fault : loaded.faults) {
        if (stops) {
            complain(exit_code::bad_config, fault.message);
        } else if (fault.fault != common::Fault::refused) { // for others to read
            std::cerr << "ffl-agent: warning: " << fault.message << '\n';
        }
    }
    return stops ? std::nullopt : std::optional{std::move(loaded.config)};
}

} // namespace agent
