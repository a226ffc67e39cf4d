#include "agent/cli/log_level.hpp"

#include "agent/cli/agent_client.hpp"
#include "agent/cli/output.hpp"
#include "agent/service/exit_codes.hpp"

#include <iostream>
#include <nlohmann/json.hpp>

namespace agent {

using nlohmann::json;

int command_log_level(const Command& command, const std::string& level) {
    const auto answer = level.empty() ? ask_agent(command.config, "GET", "/v1/log-level")
                                      : ask_agent(command.config, "PUT", "/v1/log-level",
                                                  json{{"level", level}}.dump());
    if (!answer) {
        return complain(answer.error());
    }
    if (command.json) {
        std::cout << answer->dump() << '\n';
        return exit_code::done;
    }
    const auto now = text_or(answer->value("level", json{}), "?");
    const auto configured = text_or(answer->value("configured", json{}), "?");
    std::cout << now
              << (now == configured ? ""
                                    : " (until the next reload or restart, then " + configured +
                                          " as configured)")
              << '\n';
    return exit_code::done;
}

} // namespace agent
