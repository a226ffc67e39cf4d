#include "agent/findface/session.hpp"

#include "agent/findface/refusal.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace agent::findface {

namespace {

using common::Fault;
using common::HttpReply;
using common::HttpRequest;
using common::Result;
using common::Task;
using nlohmann::json;

constexpr std::size_t reply_limit = 16 << 20;
constexpr common::Millis login_wait_first{1'000};
constexpr common::Millis login_wait_max{60'000};

Result<std::string> login_body(const Config::Server& server) {
    try {
        return json{{"username", server.username}, {"password", server.password}}.dump();
    } catch (const json::exception&) {
        return common::fail(
            Fault::config,
            "server.username and the password in server.password_file must be UTF-8");
    }
}

Result<std::string> token_in(const HttpReply& reply) {
    const auto answer = json::parse(reply.body, nullptr, false);
    const auto found = answer.is_object() ? answer.find("access_token") : answer.end();
    auto text =
        found != answer.end() && found->is_string() ? found->get<std::string>() : std::string{};
    if (text.empty() || !common::valid_header("Authorization", "Bearer " + text)) {
        return common::fail(
            Fault::unreachable,
            "answered " + std::to_string(reply.status) +
                " without an access_token; server.url must be the address of FindFace Lite");
    }
    return text;
}

} // namespace

std::string name_of(const HttpRequest& request) {
    return request.method + " " + request.url.shown();
}

Session::Session(common::Executor loop, common::Clock& clock, common::HttpClient& client,
                 const Config& config)
    : clock_{clock}, client_{client}, config_{config}, login_{std::move(loop), clock} {}

void Session::forget() {
    ++generation_;
    token_.reset();
    login_.outdate();
    refusals_ = 0;
    no_login_before_ = {};
}

void Session::retry_now() {
    no_login_before_ = std::min(no_login_before_, refused_at_ + login_wait_first);
}

HttpRequest Session::request(const Terms& terms, std::string method, const std::string& path) {
    HttpRequest request;
    request.repeatable = method != "POST"; // a webhook is not to be created twice
    request.method = std::move(method);
    request.url = *terms.server.url;
    // They would go out as Basic authorization beside the token.
    request.url.user.clear();
    request.url.password.clear();
    auto& target = request.url.target;
    target.resize(std::min(target.find_first_of("?#"), target.size()));
    target.resize(target.find_last_not_of('/') + 1);
    target += path;
    request.headers = {{"Accept", "application/json"}};
    request.tls.ca_file = terms.server.ca_file;
    request.timeout = terms.server.request_timeout;
    request.body_limit = reply_limit;
    return request;
}

common::Error Session::refusal(const Terms& terms, const std::string& name,
                               const HttpReply& reply) const {
    return findface::refusal(name, reply,
                             {terms.server.password, token_ ? token_->text : std::string{}});
}

void Session::refused(const common::Error& why) {
    last_refusal_ = why;
    if (clock_.now() < no_login_before_) {
        return; // several calls were refused at once: that is one refusal
    }
    refused_at_ = clock_.now();
    const auto doublings = std::min(refusals_, 6U);
    no_login_before_ =
        clock_.now() + std::min(login_wait_first * (1U << doublings), login_wait_max);
    ++refusals_;
}

Task<Result<std::string>> Session::log_in(const Terms& terms) {
    auto ask = request(terms, "POST", "/v1/auth/login");
    const auto name = name_of(ask);
    auto body = login_body(terms.server);
    if (!body) {
        co_return common::fail(body.error());
    }
    ask.body = std::move(*body);
    ask.headers.push_back({"Content-Type", "application/json"});
    auto sent = client_.send(std::move(ask));
    const auto reply = co_await std::move(sent);
    if (!reply) {
        co_return common::fail(name, reply.error());
    }
    if (reply->status >= 200 && reply->status < 300) {
        auto text = token_in(*reply);
        if (!text) {
            text.error().message = name + " " + text.error().message;
        }
        co_return text;
    }
    auto error = refusal(terms, name, *reply);
    if (reply->status == 404 || reply->status == 405) {
        error.fault = Fault::unreachable;
        error.message += "; server.url must be the address of FindFace Lite";
    } else if (error.fault == Fault::input || reply->status == 429) {
        error.fault = Fault::refused;
    }
    if (error.fault == Fault::refused) {
        error.message += "; look at server.username and server.password_file";
    }
    co_return common::fail(std::move(error));
}

Task<Result<std::string>> Session::bearer(const Terms& terms) {
    for (;;) {
        if (!holds(terms)) {
            co_return common::fail(Fault::unreachable,
                                   "the configuration of the server changed meanwhile; try again");
        }
        if (token_ && !token_->due(clock_.now())) {
            co_return token_->text;
        }
        if (!login_.under_way()) {
            break;
        }
        auto join = login_.join();
        auto joined = co_await std::move(join);
        if (joined && holds(terms)) {
            co_return std::move(*joined);
        }
    }
    if (clock_.now() < no_login_before_) {
        co_return common::fail(last_refusal_);
    }
    auto lead = login_.lead();
    auto call = log_in(terms);
    auto got = co_await std::move(call);
    if (!holds(terms)) {
        co_return common::fail(Fault::unreachable,
                               "the configuration of the server changed meanwhile; try again");
    }
    if (got) {
        token_ = bearer_token_from(*got, clock_.now(), clock_.wall());
    } else if (got.error().fault == Fault::refused) {
        refused(got.error());
    }
    lead.done(got);
    co_return got;
}

Task<Result<HttpReply>> Session::call(const Terms& terms, const HttpRequest& request) {
    const auto name = name_of(request);
    for (bool repeated = false;; repeated = true) {
        auto wanted = bearer(terms);
        const auto text = co_await std::move(wanted);
        if (!text) {
            co_return common::fail(text.error());
        }
        auto copy = request;
        copy.headers.push_back({"Authorization", "Bearer " + *text});
        auto sent = client_.send(std::move(copy));
        auto reply = co_await std::move(sent);
        if (!reply) {
            co_return common::fail(name, reply.error());
        }
        if (!holds(terms)) {
            co_return reply;
        }
        if (reply->status != 401) {
            refusals_ = 0;
            co_return reply;
        }
        auto error = refusal(terms, name, *reply);
        if (token_ && token_->text == *text) {
            token_.reset();
        }
        // A server that grants logins and refuses their tokens is refusing: no login after login.
        if (repeated || refusals_ > 0) {
            error.message += " (with a new login)";
            refused(error);
            co_return common::fail(std::move(error));
        }
    }
}

} // namespace agent::findface
