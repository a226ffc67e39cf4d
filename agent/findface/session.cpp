#include "agent/findface/session.hpp"

#include "agent/findface/refusal.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace agent::findface {

namespace {

using common::Error;
using common::Fault;
using common::HttpReply;
using common::HttpRequest;
using common::Result;
using common::Task;
using nlohmann::json;

constexpr std::size_t max_reply_bytes = 16 << 20;
constexpr common::Backoff login_backoff{.initial = common::Millis{1'000},
                                        .max = common::Millis{60'000}};

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

Error config_changed() {
    return {Fault::unreachable, "the server configuration changed in the meantime; try again"};
}

} // namespace

std::string name_of(const HttpRequest& request) {
    return request.method + " " + request.url.shown();
}

Session::Session(common::Executor loop, common::Clock& clock, common::HttpClient& client,
                 const Config& config, common::Chance chance)
    : clock_{clock}, client_{client}, config_{config}, chance_{std::move(chance)}, login_{loop,
                                                                                          clock} {}

void Session::forget_login() {
    ++generation_;
    token_.reset();
    login_.outdate();
    refusals_ = 0;
    no_login_before_ = {};
}

void Session::retry_login_now() {
    no_login_before_ = std::min(no_login_before_, refused_at_ + login_backoff.initial);
}

HttpRequest Session::request(const Terms& terms, std::string method, const std::string& path) {
    HttpRequest request;
    request.repeatable = method != "POST"; // a webhook must not be created twice
    request.method = std::move(method);
    request.url = *terms.server.url;
    // Otherwise they would be sent as Basic authorization.
    request.url.user.clear();
    request.url.password.clear();
    auto& target = request.url.target;
    target.resize(std::min(target.find_first_of("?#"), target.size()));
    target.resize(target.find_last_not_of('/') + 1);
    target += path;
    request.headers = {{"Accept", "application/json"}};
    request.tls.ca_file = terms.server.ca_file;
    request.timeout = terms.server.request_timeout;
    request.body_limit = max_reply_bytes;
    return request;
}

common::Error Session::refusal(const Terms& terms, const std::string& name,
                               const HttpReply& reply) const {
    return findface::refusal(name, reply,
                             {terms.server.password, token_ ? token_->text : std::string{}});
}

void Session::note_refusal(const Error& why) {
    last_refusal_ = why;
    if (clock_.now() < no_login_before_) {
        return; // calls refused at the same time count once
    }
    refused_at_ = clock_.now();
    no_login_before_ = clock_.now() + login_backoff.wait(++refusals_, chance_());
}

Task<Result<std::string>> Session::log_in(const Terms& terms) {
    auto login = request(terms, "POST", "/v1/auth/login");
    const auto name = name_of(login);
    auto body = login_body(terms.server);
    if (!body) {
        co_return common::fail(body.error());
    }
    login.body = std::move(*body);
    login.headers.push_back({"Content-Type", "application/json"});
    const auto reply = co_await client_.send(std::move(login));
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
        error.message += "; check server.username and server.password_file";
    }
    co_return common::fail(std::move(error));
}

Task<Result<std::string>> Session::valid_token(const Terms& terms) {
    for (;;) {
        if (!current(terms)) {
            co_return common::fail(config_changed());
        }
        if (token_ && !token_->due(clock_.now())) {
            co_return token_->text;
        }
        if (!login_.under_way()) {
            break;
        }
        auto joined = co_await login_.join();
        if (joined && current(terms)) {
            co_return std::move(*joined);
        }
    }
    if (clock_.now() < no_login_before_) {
        co_return common::fail(last_refusal_);
    }
    auto lead = login_.lead();
    auto token = co_await log_in(terms);
    if (!current(terms)) {
        co_return common::fail(config_changed());
    }
    if (token) {
        token_ = bearer_token_from(*token, clock_.now(), clock_.wall());
    } else if (token.error().fault == Fault::refused) {
        note_refusal(token.error());
    }
    lead.done(token);
    co_return token;
}

Task<Result<HttpReply>> Session::call(const Terms& terms, const HttpRequest& request) {
    const auto name = name_of(request);
    for (bool repeated = false;; repeated = true) {
        const auto token = co_await valid_token(terms);
        if (!token) {
            co_return common::fail(token.error());
        }
        auto copy = request;
        copy.headers.push_back({"Authorization", "Bearer " + *token});
        auto reply = co_await client_.send(std::move(copy));
        if (!reply) {
            co_return common::fail(name, reply.error());
        }
        if (!current(terms)) {
            co_return reply;
        }
        if (reply->status != 401) {
            refusals_ = 0;
            co_return reply;
        }
        auto error = refusal(terms, name, *reply);
        if (token_ && token_->text == *token) {
            token_.reset();
        }
        // A server that grants logins but refuses their tokens must not cause a storm of logins.
        if (repeated || refusals_ > 0) {
            error.message += " (with a new login too)";
            note_refusal(error);
            co_return common::fail(std::move(error));
        }
    }
}

} // namespace agent::findface
