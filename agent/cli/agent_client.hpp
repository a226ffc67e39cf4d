// What commands have in common: where the running agent is and how it is called, files, and
// printing. For the command line only: blocking.
#pragma once

#include "agent/config/config.hpp"
#include "common/async/task.hpp"
#include "common/base/result.hpp"
#include "common/net/http.hpp"

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agent::findface {
class Client;
}

namespace agent {

/// Ends the command: prints "ffl-agent: message" on stderr and gives the code.
int complain(int code, std::string_view message);
int complain(const common::Error& error);

/// "-" is standard input. Fault::storage when it cannot be read.
common::Result<std::string> read_input(const std::string& file);

/// One call to the running agent's API: through its Unix socket, else over TCP with the token. Any
/// status is a reply.
common::Result<common::HttpReply> call_agent(const Config& config, std::string method,
                                             std::string target, std::string body = {});
/// The same where anything but 2xx is an error, in the agent's own words. Gives the JSON answer as
/// it came.
common::Result<std::string> ask_agent_text(const Config& config, std::string method,
                                           std::string target, std::string body = {});
/// The same, parsed.
common::Result<nlohmann::json> ask_agent(const Config& config, std::string method,
                                         std::string target, std::string body = {});
common::Result<nlohmann::json> parsed_answer(const std::string& text);
/// What a reply that is not 2xx means for a command.
common::Error reply_error(const common::HttpReply& reply);

/// Runs one coroutine with a client of the FindFace Lite server.
common::Result<std::string>
with_server(const Config& config,
            std::function<common::Task<common::Result<std::string>>(findface::Client&)> what);

/// Columns for people: the first row is the heading; cells are padded to the widest.
void print_table(const std::vector<std::vector<std::string>>& rows);
/// "3s", "5m 10s", "2h", "-" for null: an age or a wait in seconds.
std::string show_seconds(const nlohmann::json& seconds);
std::string percent_encoded(std::string_view text);

} // namespace agent
