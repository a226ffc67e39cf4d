// Calls to the running agent: through its Unix socket where there is one, otherwise over TCP with
// the token. For the command line only: the calls block. Errors: Fault::unreachable when nothing
// answers, Fault::refused when this user may not use the socket.
#pragma once

#include "agent/config/config.hpp"
#include "common/base/result.hpp"
#include "common/http_client/http_client.hpp"
#include "common/net/http.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace agent {

inline constexpr common::Millis call_timeout{60'000};

/// Any status is a reply.
common::Result<common::HttpReply> call_agent(const Config& config, std::string method,
                                             std::string target, std::string body = {},
                                             common::Millis timeout = call_timeout);
/// Any status but 2xx is an error in the agent's own words. Returns the JSON answer as it came.
common::Result<std::string> ask_agent_text(const Config& config, std::string method,
                                           std::string target, std::string body = {});
/// The same, parsed.
common::Result<nlohmann::json> ask_agent(const Config& config, std::string method,
                                         std::string target, std::string body = {});
common::Result<nlohmann::json> parse_answer(const std::string& text);
/// What a reply that is not 2xx means for a command.
common::Error reply_error(const common::HttpReply& reply);

/// Where the agent listens.
enum class Side { tcp, local };
/// Whether what listens there is an ffl-agent. Asks GET /livez, and not for long.
bool is_agent(const Config& config, Side side);

/// How every command introduces itself, to the agent and to the server.
common::ClientOptions command_client();

} // namespace agent
