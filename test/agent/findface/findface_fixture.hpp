// FindfaceFixture: an agent::findface::Client on a FakeHttp that plays a FindFace Lite server as
// the test says and counts logins. Waits after failures have their full length (full_wait) unless a
// test sets another chance.
#pragma once

#include "agent/findface/client.hpp"
#include "test/support/fake_http.hpp"
#include "test/support/test_clock.hpp"
#include "test/support/token_mint.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace test {

inline FakeHttp::Answer json_answer(unsigned status, std::string body) {
    return common::HttpReply{status, {{"Content-Type", "application/json"}}, std::move(body)};
}

/// A JWT with these claims; the agent does not check the signature.
inline std::string jwt(const nlohmann::json& claims) {
    return base64url(R"({"alg":"HS256"})") + "." + base64url(claims.dump()) + ".c2ln";
}

/// The chances for the shortest and the longest wait: half of it, and all of it.
constexpr double half_wait = 0;
constexpr double full_wait = 0.9999999;

struct FindfaceFixture : ::testing::Test {
    using Script = FakeHttp::Script;

    FindfaceFixture() {
        config.server.url = common::parse_url("http://lite:8080").value();
        config.server.username = "device";
        config.server.password = "pass-word-1";
        on_login = [this](const common::HttpRequest&) { return grant(); };
        on_call = [](const common::HttpRequest&) { return json_answer(200, "[]"); };
    }

    static bool is_login(const common::HttpRequest& request) {
        return request.url.target.find("/auth/login") != std::string::npos;
    }
    FakeHttp::Answer grant(const std::string& token) {
        return json_answer(200, nlohmann::json{{"access_token", token}}.dump());
    }
    /// Each login gets its own token: t1, t2 …
    FakeHttp::Answer grant() { return grant("t" + std::to_string(logins)); }

    std::optional<FakeHttp::Answer> play(const common::HttpRequest& request) {
        logins += is_login(request) ? 1 : 0;
        return is_login(request) ? on_login(request) : on_call(request);
    }

    common::Result<std::vector<agent::Definition>> list() { return run(loop, client.list()); }
    common::Error list_error() {
        auto got = list();
        EXPECT_FALSE(got);
        return got ? common::Error{common::Fault::internal, "a list"} : got.error();
    }
    [[nodiscard]] std::size_t calls() const {
        return static_cast<std::size_t>(
            std::count_if(http.requests().begin(), http.requests().end(),
                          [](const auto& one) { return !is_login(one); }));
    }
    [[nodiscard]] const common::HttpRequest& last() const { return http.requests().back(); }
    static std::string header(const common::HttpRequest& request, std::string_view name) {
        return std::string{common::find_header(request.headers, name).value_or("")};
    }

    common::asio::io_context loop;
    TestClock clock{loop};
    int logins = 0;
    Script on_login, on_call;
    FakeHttp http{loop.get_executor(),
                  [this](const common::HttpRequest& request) { return play(request); }};
    agent::Config config;
    double chance = full_wait;
    agent::findface::Client client{loop.get_executor(), clock, http, config,
                                   [this] { return chance; }};
};

/// A list() that was started; its result comes later.
struct PendingList {
    explicit PendingList(FindfaceFixture& fixture) {
        common::asio::co_spawn(fixture.loop, fixture.client.list(),
                               [this](std::exception_ptr, auto got) { result = std::move(got); });
    }
    PendingList(const PendingList&) = delete;
    PendingList& operator=(const PendingList&) = delete;
    std::optional<common::Result<std::vector<agent::Definition>>> result;
};

} // namespace test
