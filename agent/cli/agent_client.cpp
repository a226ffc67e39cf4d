#include "agent/cli/agent_client.hpp"

#include "agent/findface/client.hpp"
#include "agent/service/exit_codes.hpp"
#include "common/base/file.hpp"
#include "common/base/version.hpp"
#include "common/http_client/http_client.hpp"
#include "common/net/host_port.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

using common::Fault;
using common::HttpReply;
using common::Result;
using nlohmann::json;

constexpr common::Millis call_timeout{60'000};
constexpr std::size_t answer_limit = 256UL << 20;

common::ClientOptions command_client() {
    common::ClientOptions options;
    options.user_agent = std::string{"ffl-agent/"} + common::version;
    return options;
}

/// Runs one coroutine on a loop of its own.
template <class T>
Result<T> run_task(common::asio::io_context& loop, common::Task<Result<T>> task) {
    std::optional<Result<T>> result;
    common::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr broke, Result<T> got) {
        if (broke) {
            std::rethrow_exception(broke);
        }
        result = std::move(got);
        loop.stop();
    });
    loop.run();
    return result ? std::move(*result)
                  : common::fail(Fault::internal, "the call ended without a result");
}

/// The TCP side as seen from this machine.
Result<common::Url> tcp_url(const Config& config, const std::string& target) {
    auto at = common::parse_host_port(config.ingest.listen).value_or(common::HostPort{});
    if (at.host == "0.0.0.0") {
        at.host = "127.0.0.1";
    } else if (at.host == "::") {
        at.host = "::1";
    }
    const std::string scheme = config.ingest.tls_cert_file.empty() ? "http://" : "https://";
    return common::parse_url(scheme + at.text() + target);
}

} // namespace

int complain(int code, std::string_view message) {
    std::cerr << "ffl-agent: " << message << '\n';
    return code;
}

int complain(const common::Error& error) {
    return complain(exit_code::of(error), error.message);
}

Result<std::string> read_input(const std::string& file) {
    if (file != "-") {
        return common::read_file(file);
    }
    std::string text{std::istreambuf_iterator<char>{std::cin}, {}};
    if (std::cin.bad()) {
        return common::fail(Fault::storage, "standard input cannot be read");
    }
    return text;
}

Result<HttpReply> call_agent(const Config& config, std::string method, std::string target,
                             std::string body) {
    common::HttpRequest request;
    request.method = std::move(method);
    request.timeout = call_timeout;
    request.body_limit = answer_limit;
    // A free port (":0") is known to the agent's log alone.
    const bool tcp = !config.ingest.listen.empty() && !config.ingest.listen.ends_with(":0");
    const bool local =
        !config.ingest.socket.empty() && (!tcp || std::filesystem::exists(config.ingest.socket));
    auto url = local ? common::parse_url("http://localhost" + target) : tcp_url(config, target);
    if (!url) {
        return common::fail(Fault::config, "[ingest] listen: " + url.error().message);
    }
    request.url = std::move(*url);
    std::string where = config.ingest.socket;
    if (local) {
        request.unix_socket = config.ingest.socket;
    } else {
        where = request.url.origin();
        request.tls.ca_file = config.ingest.tls_cert_file;
        if (!config.ingest.token_file.empty()) {
            auto token = common::read_file(config.ingest.token_file);
            if (!token) {
                return common::fail(token.error());
            }
            request.headers.push_back(
                {"Authorization", "Bearer " + token->substr(0, token->find_first_of("\r\n"))});
        }
    }
    if (!body.empty()) {
        request.headers.push_back({"Content-Type", "application/json"});
        request.body = std::move(body);
    }
    common::asio::io_context loop{1};
    common::BeastClient client{loop.get_executor(), command_client()};
    auto reply = run_task(loop, client.send(std::move(request)));
    if (!reply) {
        return common::fail("the agent does not answer at " + where, reply.error());
    }
    return reply;
}

common::Error reply_error(const HttpReply& reply) {
    const auto problem = json::parse(reply.body, nullptr, false);
    const bool readable =
        problem.is_object() && problem.contains("detail") && problem["detail"].is_string();
    auto message = readable ? problem["detail"].get<std::string>()
                            : "the agent answered " + std::to_string(reply.status);
    const auto fault = problem.is_object() ? problem.value("fault", "") : "";
    if (fault == "refused" || fault == "config") {
        return {fault == "refused" ? Fault::refused : Fault::config, std::move(message)};
    }
    switch (reply.status) {
    case 401:
    case 403:
        return {Fault::refused, std::move(message)};
    case 502:
    case 503:
        return {Fault::unreachable, std::move(message)};
    default:
        return {reply.status < 500 ? Fault::input : Fault::storage, std::move(message)};
    }
}

Result<std::string> ask_agent_text(const Config& config, std::string method, std::string target,
                                   std::string body) {
    auto reply = call_agent(config, std::move(method), std::move(target), std::move(body));
    if (!reply) {
        return common::fail(reply.error());
    }
    if (reply->status / 100 != 2) {
        return common::fail(reply_error(*reply));
    }
    return std::move(reply->body);
}

Result<json> ask_agent(const Config& config, std::string method, std::string target,
                       std::string body) {
    const auto text = ask_agent_text(config, std::move(method), std::move(target), std::move(body));
    if (!text) {
        return common::fail(text.error());
    }
    return parsed_answer(*text);
}

Result<json> parsed_answer(const std::string& text) {
    auto answer = json::parse(text, nullptr, false);
    if (answer.is_discarded()) {
        return common::fail(Fault::unreachable, "the answer is not JSON: is this an ffl-agent?");
    }
    return answer;
}

Result<std::string>
with_server(const Config& config,
            std::function<common::Task<Result<std::string>>(findface::Client&)> what) {
    if (!config.server.url) {
        return common::fail(
            Fault::config,
            config.path + ": [server] url is empty: this command works on a FindFace Lite server");
    }
    common::asio::io_context loop{1};
    common::SystemClock clock{loop.get_executor()};
    common::BeastClient client{loop.get_executor(), command_client()};
    findface::Client server{loop.get_executor(), clock, client, config};
    return run_task(loop, what(server));
}

void print_table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], row[i].size());
        }
    }
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            const bool last = i + 1 == row.size();
            std::cout << row[i] << (last ? "" : std::string(widths[i] - row[i].size() + 2, ' '));
        }
        std::cout << '\n';
    }
}

std::string show_seconds(const json& seconds) {
    if (!seconds.is_number()) {
        return "-";
    }
    const auto whole = static_cast<long long>(seconds.get<double>());
    if (whole < 60) {
        return std::to_string(whole) + "s";
    }
    if (whole < 3600) {
        return std::to_string(whole / 60) + "m " + std::to_string(whole % 60) + "s";
    }
    if (whole < 48LL * 3600) {
        return std::to_string(whole / 3600) + "h " + std::to_string(whole / 60 % 60) + "m";
    }
    return std::to_string(whole / 86400) + "d";
}

std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 ||
            std::string_view{"-._~:"}.find(c) != std::string_view::npos) {
            out += c;
        } else {
            char escape[4];
            std::snprintf(escape, sizeof escape, "%%%02X", byte);
            out += escape;
        }
    }
    return out;
}

} // namespace agent
