#include "agent/cli/agent_client.hpp"

#include "agent/cli/blocking.hpp"
#include "agent/config/permission.hpp"
#include "agent/config/secrets.hpp"
#include "common/base/version.hpp"
#include "common/net/host_port.hpp"

#include <cerrno>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

namespace agent {

namespace {

using common::Fault;
using common::HttpReply;
using common::Result;
using nlohmann::json;

constexpr common::Millis probe_timeout{2'000};
constexpr std::size_t answer_limit = 256UL << 20;

struct Call {
    common::HttpRequest request;
    std::string where; ///< for messages
};

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

Result<Call> tcp_call(const Config& config, const std::string& target) {
    auto url = tcp_url(config, target);
    if (!url) {
        return common::fail(Fault::config, "[ingest] listen: " + url.error().message);
    }
    Call call;
    call.request.url = std::move(*url);
    call.request.body_limit = answer_limit;
    call.request.tls.ca_file = config.ingest.tls_cert_file;
    call.where = call.request.url.origin();
    return call;
}

Result<Call> local_call(const Config& config, const std::string& target) {
    auto url = common::parse_url("http://localhost" + target);
    if (!url) {
        return common::fail(url.error());
    }
    Call call;
    call.request.url = std::move(*url);
    call.request.body_limit = answer_limit;
    call.request.unix_socket = config.ingest.socket;
    call.where = config.ingest.socket;
    return call;
}

Result<HttpReply> send(common::HttpRequest request) {
    common::asio::io_context loop{1};
    common::PooledClient client{loop.get_executor(), command_client()};
    return run_task(loop, client.send(std::move(request)));
}

} // namespace

Result<HttpReply> call_agent(const Config& config, std::string method, std::string target,
                             std::string body, common::Millis timeout) {
    // With ":0" the system picks a port that only the agent's log names.
    const bool tcp = !config.ingest.listen.empty() && !config.ingest.listen.ends_with(":0");
    const auto& socket = config.ingest.socket;
    if (!socket.empty() && ::access(socket.c_str(), W_OK) != 0 && errno == EACCES) {
        return common::fail(Fault::refused, user_name() + " may not use the agent's socket " +
                                                socket + ": " + permission_advice(socket));
    }
    struct stat there {};
    const bool local = !socket.empty() && (!tcp || ::stat(socket.c_str(), &there) == 0);
    auto call = local ? local_call(config, target) : tcp_call(config, target);
    if (!call) {
        return common::fail(call.error());
    }
    auto& request = call->request;
    request.method = std::move(method);
    request.timeout = timeout;
    if (!body.empty()) {
        request.headers.push_back({"Content-Type", "application/json"});
        request.body = std::move(body);
    }
    if (!local && !config.ingest.token_file.empty()) {
        Warnings shown_by_check;
        const auto token = read_token_file(config.ingest.token_file, shown_by_check);
        if (!token) {
            return common::fail(Fault::config, token.error().message);
        }
        request.headers.push_back({"Authorization", "Bearer " + *token});
    }
    auto reply = send(std::move(request));
    if (!reply) {
        return common::fail("the agent does not answer at " + call->where, reply.error());
    }
    return reply;
}

bool is_agent(const Config& config, Side side) {
    auto call = side == Side::local ? local_call(config, "/livez") : tcp_call(config, "/livez");
    if (!call) {
        return false;
    }
    call->request.method = "GET";
    call->request.timeout = probe_timeout;
    const auto reply = send(std::move(call->request));
    if (!reply) {
        // A certificate is made for the name that producers use, which is not known here.
        return side == Side::tcp && !config.ingest.tls_cert_file.empty();
    }
    return common::find_header(reply->headers, "Server").value_or("").starts_with("ffl-agent/");
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
    return parse_answer(*text);
}

Result<json> parse_answer(const std::string& text) {
    auto answer = json::parse(text, nullptr, false);
    if (answer.is_discarded()) {
        return common::fail(Fault::unreachable,
                            "the answer is not JSON: is an ffl-agent listening there?");
    }
    return answer;
}

common::ClientOptions command_client() {
    common::ClientOptions options;
    options.user_agent = std::string{"ffl-agent/"} + common::version;
    return options;
}

} // namespace agent
