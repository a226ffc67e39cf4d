#include "test/simulation/network.hpp"

#include <algorithm>

namespace simulation {

using common::Fault;
using common::HttpReply;
using common::HttpRequest;
using common::Millis;
using common::Result;
using common::Task;
using nlohmann::json;

namespace {

constexpr std::string_view server_host = "findface.example";

HttpReply reply(unsigned status, std::string body = {}, std::string type = "application/json") {
    return {status, {{"Content-Type", std::move(type)}}, std::move(body)};
}

/// The id of the event in a body of any shape: ids are "e1", "e2" ...
std::string event_in(const std::string& body) {
    const auto at = body.find(R"("id":"e)");
    if (at == std::string::npos) {
        return {};
    }
    const auto begin = at + 6;
    return body.substr(begin, body.find('"', begin) - begin);
}

} // namespace

Task<Result<HttpReply>> Network::send(HttpRequest request) {
    const bool to_target = request.url.host != server_host;
    const Call begun{request.url.target.substr(1), event_in(request.body)};
    const bool deadly = to_target && !cut_off_ && !poisoned_.empty() && begun.event == poisoned_;
    auto reaction = deadly ? Reaction{Millis{1}, reply(200), false} : react(request);
    if (deadly) {
        deadly_();
    }
    auto call = begun;
    call.attempted = reaction.attempted;
    if (to_target && !cut_off_ && call.attempted) {
        ++calls_;
        begin_(call);
    }
    common::Wakeup answered{loop_, clock_};
    co_await answered.wait_until(clock_.now() + std::min(reaction.after, request.timeout));
    if (cut_off_) {
        co_return common::fail(Fault::unreachable, "read: the agent is dead");
    }
    if (reaction.after > request.timeout) {
        reaction.answer =
            common::fail(Fault::unreachable, "read: no answer within " +
                                                 std::to_string(request.timeout.count()) + " ms");
    }
    const auto& answer = reaction.answer;
    call.answered = answer.has_value();
    call.delivered = answer && answer->status >= 200 && answer->status < 300;
    if (to_target) {
        end_(call);
    }
    co_return std::move(reaction.answer);
}

Network::Reaction Network::react(const HttpRequest& request) {
    if (cut_off_) {
        return {Millis{1}, reply(200), false};
    }
    if (request.url.host == server_host) {
        return findface(request);
    }
    if (lacks_) {
        return react_as(Manner::short_of, request);
    }
    const auto number = request.url.host.at(std::string_view{"target"}.size()) - '0';
    const auto path = paths_.find(request.url.target.substr(1));
    return react_as(path == paths_.end() ? manner(number) : path->second, request);
}

Network::Reaction Network::react_as(Manner manner, const HttpRequest& request) {
    const Millis soon{random_.between(1, 40)};
    switch (manner) {
    case Manner::fine:
        return {soon, reply(200)};
    case Manner::slow:
        return {Millis{random_.between(1'000, 9'000)}, reply(204)};
    case Manner::hanging:
        return {request.timeout + Millis{1}, reply(200)};
    case Manner::refusing:
        return {soon, common::fail(Fault::unreachable, "connect: connection refused")};
    case Manner::breaking:
        return {soon, common::fail(Fault::unreachable, "read: connection reset by peer")};
    case Manner::busy: {
        auto busy = reply(503);
        busy.headers.push_back({"Retry-After", std::to_string(random_.between(1, 30))});
        return {soon, busy};
    }
    case Manner::gone:
        return {soon, reply(410)};
    case Manner::failing:
        return {soon, reply(500)};
    case Manner::flapping:
        return {soon, reply(random_.chance(0.5) ? 200 : 502)};
    case Manner::unnamed:
        return {soon, common::fail(Fault::unreachable, "resolve: Host not found")};
    case Manner::short_of:
        return {soon, common::fail(Fault::own, "connect: too many open files"), false};
    case Manner::too_early:
        if (clock_.synchronized()) {
            return {soon, reply(200)};
        }
        return {soon, common::fail(Fault::date, "TLS: certificate is not yet valid"), false};
    }
    return {};
}

Network::Reaction Network::findface(const HttpRequest& request) {
    const Millis soon{random_.between(1, 80)};
    const auto path = request.url.target.substr(0, request.url.target.find('?'));
    const auto query = request.url.target.substr(std::min(path.size(), request.url.target.size()));
    const auto token = "Bearer token" + std::to_string(token_);
    switch (server_fault_) {
    case ServerFault::failing:
        return {soon, reply(500, "Internal Server Error", "text/plain")};
    case ServerFault::hanging:
        return {request.timeout + Millis{1}, reply(200)};
    case ServerFault::portal:
        return {soon, reply(200, "<!DOCTYPE html><html><body>Log in</body></html>", "text/html")};
    case ServerFault::unauthorised:
        ++token_; // a login is granted, but its token is worth nothing
        break;
    case ServerFault::forbidden:
        return {soon, reply(403, R"({"detail":"Not enough permissions"})")};
    default:
        break;
    }
    if (path == "/v1/auth/login") {
        return {soon, reply(200, json{{"access_token", "token" + std::to_string(token_)}}.dump())};
    }
    if (common::find_header(request.headers, "Authorization") != token) {
        return {soon, reply(401, R"({"detail":"Could not validate credentials"})")};
    }
    constexpr std::string_view webhooks = "/v1/webhooks/";
    if (path == webhooks) {
        return {soon, list(query)};
    }
    auto id = path.substr(std::min(webhooks.size(), path.size()));
    id.resize(id.find_last_not_of('/') + 1);
    return {soon, one(id)};
}

/// Pages move while they are read, as definitions are changed between two of them.
Network::Answer Network::list(const std::string& query) const {
    const auto all = definitions_.list();
    const auto at = query.find("page=");
    const auto page = at == std::string::npos ? 1U : std::stoul(query.substr(at + 5));
    const auto begin = std::min((page - 1) * page_size_, all.size());
    const auto end = std::min(begin + page_size_, all.size());
    json results = json::array();
    for (auto i = begin; i < end; ++i) {
        results.push_back(all[i]);
    }
    json envelope{{"count", all.size()}, {"results", results}, {"next", nullptr}};
    if (end < all.size() && server_fault_ != ServerFault::cut) {
        envelope["next"] = "/v1/webhooks/?page=" + std::to_string(page + 1);
    }
    return reply(200, envelope.dump());
}

Network::Answer Network::one(const std::string& id) const {
    for (const auto& definition : definitions_.list()) {
        if (definition.at("id").dump() == id) {
            return reply(200, definition.dump());
        }
    }
    return reply(404, R"({"detail":"Not found"})");
}

void Network::heal() {
    manners_.fill(Manner::fine);
    paths_.clear();
    lacks_ = false;
    server_fault_ = ServerFault::none;
}

} // namespace simulation
