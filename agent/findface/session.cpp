#include "agent/findface/session.hpp"

#include "agent/findface/refusal.hpp"
#include "agent/webhooks/retry_after.hpp"
#include "common/net/reply_hints.hpp"

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
constexpr int max_redirects = 2;
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
        const auto words = server_words(reply, {});
        return common::fail(Fault::unreachable,
                            "answered " + std::to_string(reply.status) +
                                " without an access_token" +
                                (words == html_page ? " (" + words + ")" : "") +
                                "; server.url must be the address of FindFace Lite");
    }
    return text;
}

Error config_changed() {
    return {Fault::unreachable, "the server configuration changed in the meantime; try again"};
}

} // namespace

// A page's number is no secret, and says which page is broken. Other values of a link that the
// server gave may be one.
std::string name_of(const HttpRequest& request) {
    const auto& target = request.url.target;
    const auto question = std::min(target.find("?page="), target.size());
    const auto number = std::string_view{target}.substr(std::min(question + 6, target.size()));
    const bool plain = !number.empty() && number.size() <= 9 &&
                       number.find_first_not_of("0123456789") == std::string_view::npos;
    return request.method + " " + (plain ? request.url.origin() + target : request.url.shown());
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
    renewals_ = 0;
    no_renewal_before_ = {};
}

void Session::retry_login_now() {
    no_login_before_ =
        std::min(no_login_before_, refused_at_ + std::max(login_backoff.initial, asked_wait_));
}

HttpRequest Session::request(const Terms& terms, std::string method, const std::string& path) {
    HttpRequest request;
    // What changes something must not be done twice, nor fail for a connection that was just
    // closed.
    request.kept = method == "GET" ? common::KeptConnection::repeat : common::KeptConnection::none;
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

void Session::note_refusal(const Error& why, common::Millis wait) {
    last_refusal_ = why;
    if (clock_.now() < no_login_before_) {
        return; // calls refused at the same time count once
    }
    refused_at_ = clock_.now();
    asked_wait_ = wait;
    no_login_before_ = clock_.now() + std::max(login_backoff.wait(++refusals_, chance_()), wait);
}

/// Frameworks answer a missing or superfluous slash with a redirect (FastAPI, Starlette, Werkzeug).
Task<Result<HttpReply>> Session::send(HttpRequest request) {
    for (int followed = 0;; ++followed) {
        auto reply = co_await client_.send(request);
        if (!reply || (reply->status != 307 && reply->status != 308)) {
            co_return reply;
        }
        const auto location = common::find_header(reply->headers, "Location");
        auto next = common::resolve(request.url, location.value_or(""));
        if (!location || !next || next->origin() != request.url.origin()) {
            co_return reply; // the token must not go to another place
        }
        if (followed == max_redirects) {
            co_return common::fail(Fault::unreachable,
                                   "answered " + std::to_string(reply->status) +
                                       " (a redirect to " + common::shown_location(reply->headers) +
                                       ") for the third time: at most two redirects are followed");
        }
        request.url.target = std::move(next->target);
    }
}

Task<Session::Login> Session::log_in(const Terms& terms) {
    auto login = request(terms, "POST", "/v1/auth/login");
    const auto name = name_of(login);
    auto body = login_body(terms.server);
    if (!body) {
        co_return Login{common::fail(std::move(body.error()))};
    }
    login.body = std::move(*body);
    login.headers.push_back({"Content-Type", "application/json"});
    const auto reply = co_await send(std::move(login));
    if (!reply) {
        co_return Login{common::fail(name, reply.error())};
    }
    if (reply->status >= 200 && reply->status < 300) {
        auto text = token_in(*reply);
        if (!text) {
            text.error().message = name + " " + text.error().message;
        }
        co_return Login{std::move(text)};
    }
    co_return refused_login(refusal(terms, name, *reply), *reply);
}

Session::Login Session::refused_login(Error error, const HttpReply& reply) const {
    const auto status = reply.status;
    const auto wait = retry_after(reply.headers, common::device_time(clock_));
    if (status == 404 || status == 405) {
        error.fault = Fault::unreachable;
        error.message += "; server.url must be the address of FindFace Lite";
    } else if (error.fault == Fault::input) {
        error.fault = Fault::refused;
    }
    if (error.fault == Fault::refused) {
        error.message += "; check server.username and server.password_file";
    }
    if (wait && *wait > common::Millis{0}) {
        error.message += "; the server asks to wait " +
                         std::to_string(std::chrono::ceil<std::chrono::seconds>(*wait).count()) +
                         " s";
    }
    // Too many logins: another one would prolong that, whatever is said about the password.
    const bool counts = error.fault == Fault::refused || status == 429 || wait;
    return {common::fail(std::move(error)), counts, wait.value_or(common::Millis{0})};
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
    auto login = co_await log_in(terms);
    if (!current(terms)) {
        co_return common::fail(config_changed());
    }
    if (login.token) {
        token_ = bearer_token_from(*login.token, clock_.now(), clock_.wall());
    } else if (login.refused) {
        note_refusal(login.token.error(), login.wait);
    }
    lead.done(login.token);
    co_return std::move(login.token);
}

Task<Result<void>> Session::authorise(std::shared_ptr<Session> self) {
    const auto terms = self->terms();
    const auto token = co_await self->valid_token(terms);
    co_return token ? Result<void>{} : common::fail(token.error());
}

/// Only a 401 is surely about the token; anything else may be about the right to make this call. So
/// such calls neither keep others waiting nor cause more than a few logins.
bool Session::renewal_due(bool fresh, bool repeated) {
    const bool too_soon = clock_.now() < no_renewal_before_;
    if (repeated && !too_soon) {
        no_renewal_before_ = clock_.now() + login_backoff.wait(++renewals_, chance_());
    }
    return !fresh && !repeated && !too_soon;
}

Task<Result<HttpReply>> Session::call(const Terms& terms, const HttpRequest& request) {
    const auto name = name_of(request);
    for (bool repeated = false;; repeated = true) {
        const auto before = token_ ? token_->text : std::string{};
        const auto token = co_await valid_token(terms);
        if (!token) {
            co_return common::fail(token.error());
        }
        auto copy = request;
        copy.headers.push_back({"Authorization", "Bearer " + *token});
        auto reply = co_await send(std::move(copy));
        if (!reply) {
            co_return common::fail(name, reply.error());
        }
        if (!current(terms)) {
            co_return reply;
        }
        if (!login_may_mend(*reply)) {
            refusals_ = 0;
            renewals_ = repeated ? 0 : renewals_;
            co_return reply;
        }
        if (reply->status != 401 && !renewal_due(*token != before, repeated)) {
            co_return reply;
        }
        auto error = refusal(terms, name, *reply); // masks the token, so before it is forgotten
        if (token_ && token_->text == *token) {
            token_.reset();
        }
        // A server that grants logins but refuses their tokens must not cause a storm of logins.
        if (reply->status == 401 && (repeated || refusals_ > 0)) {
            error.message += " (with a new login too)";
            note_refusal(error);
            co_return common::fail(std::move(error));
        }
    }
}

} // namespace agent::findface
