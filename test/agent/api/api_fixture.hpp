// Api: router, ingest and control over a real queue and cache on a database of their own, on one
// loop with a clock that stands still. Requests are values: no socket is opened.
#pragma once

#include "agent/api/control.hpp"
#include "agent/api/ingest.hpp"
#include "agent/api/router.hpp"
#include "agent/store/salvage.hpp"
#include "test/support/program.hpp"
#include "test/support/test_clock.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <utility>

namespace test {

class Api : public ::testing::Test {
  protected:
    using Json = nlohmann::json;

    /// Two webhooks: "7" wants faces, "8" wants everything.
    void SetUp() override { open({{"7", faces}, {"8", everything}}); }

    /// `local` are the definitions of the local file. With `server`, one is configured that has not
    /// answered yet.
    void open(std::vector<agent::Definition> local, bool server = false) {
        config.queue.path = folder.file("agent.db");
        if (server) {
            config.server.url =
                common::parse_url("http://user:secret@lite.example:8080/api").value();
        }
        auto opened = agent::open_database(database, config.queue.path, config.queue.sync);
        ASSERT_TRUE(opened) << opened.error().message;
        const auto loaded = cache.load(std::move(local));
        ASSERT_TRUE(loaded) << loaded.error().message;
        queue.load();
        queue.on_committed([this](std::vector<agent::Delivery> more) {
            handed_on.insert(handed_on.end(), std::make_move_iterator(more.begin()),
                             std::make_move_iterator(more.end()));
        });
        queue.start(parts);
        control.emplace(clock, queue, cache, config, stats, memory,
                        [this] { return sync_answer(this); });
    }

    void TearDown() override {
        parts.cancel();
        clock.settle();
        ASSERT_EQ(parts.size(), 0U);
        database.close();
    }

    [[nodiscard]] std::uint64_t rejected(agent::RejectReason reason) const {
        return stats.events_rejected.at(static_cast<std::size_t>(reason));
    }

    static common::Task<common::Result<agent::Changes>> sync_answer(Api* self) {
        ++self->syncs;
        co_return self->synced;
    }

    /// A request on the Unix socket. `target` is path and query, the path already percent-decoded.
    static common::Incoming request(std::string method, std::string_view target,
                                    std::string body = {}, common::Headers headers = {}) {
        common::Incoming incoming;
        incoming.method = std::move(method);
        incoming.path = target.substr(0, target.find('?'));
        incoming.query =
            target.size() > incoming.path.size() ? target.substr(incoming.path.size() + 1) : "";
        incoming.headers = std::move(headers);
        incoming.body = std::move(body);
        incoming.local = true;
        return incoming;
    }

    /// The same over TCP.
    static common::Incoming tcp_request(std::string method, std::string_view target,
                                        common::Headers headers = {}) {
        auto incoming = request(std::move(method), target, {}, std::move(headers));
        incoming.local = false;
        if (!common::find_header(incoming.headers, "Host")) {
            incoming.headers.push_back({"Host", "localhost:8093"});
        }
        return incoming;
    }

    /// What the router decides by the head alone. Empty: it returned a handler.
    std::optional<common::HttpReply> refusal(const common::Incoming& head) {
        auto handler = agent::route(head, ingest, *control, config);
        return handler ? std::nullopt : std::optional{std::move(handler.error())};
    }

    /// As the server does it: the router sees the head, and its handler gets the whole request.
    common::HttpReply call(common::Incoming incoming) {
        auto body = std::exchange(incoming.body, {});
        auto handler = agent::route(incoming, ingest, *control, config);
        incoming.body = std::move(body);
        return handler ? run(loop, (*handler)(std::move(incoming))) : std::move(handler.error());
    }
    common::HttpReply call(std::string method, std::string_view target, std::string body = {},
                           common::Headers headers = {}) {
        return call(request(std::move(method), target, std::move(body), std::move(headers)));
    }
    common::HttpReply post(std::string body, common::Headers headers = {}) {
        return call("POST", "/v1/events", std::move(body), std::move(headers));
    }
    /// The body of a 202.
    static Json accepted(const common::HttpReply& reply) {
        EXPECT_EQ(reply.status, 202U) << reply.body;
        return Json::parse(reply.body);
    }

    static std::string header(const common::HttpReply& reply, std::string_view name) {
        return std::string{common::find_header(reply.headers, name).value_or("")};
    }

    /// Expects a problem of that status and returns its detail.
    static std::string problem_of(const common::HttpReply& reply, unsigned status) {
        EXPECT_EQ(reply.status, status) << reply.body;
        EXPECT_EQ(header(reply, "Content-Type"), "application/problem+json");
        const auto body = Json::parse(reply.body, nullptr, false);
        EXPECT_TRUE(body.is_object() && body.contains("detail")) << reply.body;
        if (!body.is_object() || !body.contains("detail")) {
            return {};
        }
        EXPECT_EQ(body.value("status", 0U), status);
        EXPECT_FALSE(body.value("title", "").empty());
        return body["detail"].get<std::string>();
    }

    Json get(std::string_view target) {
        const auto reply = call("GET", target);
        EXPECT_EQ(reply.status, 200U) << reply.body;
        return Json::parse(reply.body);
    }

    /// Makes a delivery a dead letter, as the dispatcher does after its last attempt.
    void kill(std::int64_t id, const std::string& webhook,
              std::string error = "503 Service Unavailable") {
        agent::RecordedOutcome recorded;
        recorded.id = id;
        recorded.webhook = webhook;
        recorded.kind = agent::Outcome::Kind::dead;
        recorded.attempts = 1;
        recorded.status = 503;
        recorded.error = std::move(error);
        queue.record(std::move(recorded));
        run(loop, flushed(queue));
    }
    static common::Task<bool> flushed(agent::Queue& queue) {
        co_await queue.flush();
        co_return true;
    }

    static constexpr const char* faces =
        R"({"id":7,"name":"door","active":true,"target":"http://u:hidden@10.0.0.7:9000/hook?a=1","filters":{"type_in":["face"]},"send_attempts":3})";
    static constexpr const char* everything =
        R"({"id":8,"name":"log","target":"http://10.0.0.8/all","filters":{}})";

    common::asio::io_context loop;
    TestClock clock{loop};
    TempFolder folder;
    common::Database database{loop.get_executor(), loop.get_executor()};
    agent::Config config;
    agent::Counters stats;
    agent::WebhookCache cache{database, config};
    agent::Queue queue{loop.get_executor(), clock, database, config, stats};
    common::MemoryBudget memory{std::size_t{48} << 20, std::size_t{8} << 20};
    agent::Ingest ingest{clock, queue, cache, stats, memory};
    std::optional<agent::Control> control;
    common::TaskGroup parts{loop.get_executor()};
    std::vector<agent::Delivery> handed_on;
    common::Result<agent::Changes> synced{agent::Changes{}};
    int syncs = 0;
};

} // namespace test
