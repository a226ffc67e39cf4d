#include "agent/cli/status.hpp"

#include "agent/cli/agent_client.hpp"
#include "agent/cli/output.hpp"
#include "agent/cli/screen.hpp"
#include "agent/cli/status_text.hpp"
#include "agent/service/exit_codes.hpp"
#include "common/base/printable.hpp"

#include <iostream>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

using nlohmann::json;

/// The exit code of `status --check`: that of a Nagios plugin.
int code_of(const json& status) {
    const auto verdict = status.value("verdict", "");
    return verdict == "ok" ? 0 : verdict == "warn" ? 1 : 2;
}

} // namespace

int command_status(const Command& command, bool check) {
    const auto status = ask_agent(command.config, "GET", "/v1/status");
    if (!status) {
        if (check && !command.json) { // whoever watches reads the first line on stdout
            std::cout << "fail: " << common::printable(status.error().message) << '\n';
        }
        const int code = complain(status.error());
        return check ? 2 : code;
    }
    if (command.json) {
        std::cout << status->dump() << '\n';
    } else {
        std::cout << status_text(*status, command.screen);
    }
    return check ? code_of(*status) : exit_code::done;
}

int command_sync(const Command& command) {
    const auto changes = ask_agent(command.config, "POST", "/v1/sync");
    if (!changes) {
        return complain(changes.error());
    }
    if (command.json) {
        std::cout << changes->dump() << '\n';
        return exit_code::done;
    }
    bool any = false;
    for (const auto* what : {"added", "changed", "removed"}) {
        for (const auto& key : changes->at(what)) {
            std::cout << what << " " << text_or(key, "?") << '\n';
            any = true;
        }
    }
    if (!any) {
        std::cout << "nothing changed\n";
    }
    return exit_code::done;
}

} // namespace agent
