// What the status says is wrong, read off the parts of the program.
#include "test/agent/api/control_fixture.hpp"

#include <climits>
#include <future>
#include <sched.h>
#include <unistd.h>

namespace test {
namespace {

using std::chrono::seconds;

struct StatusProblemsTest : ControlTest {
    Json problems() { return get("/v1/status")["problems"]; }
    /// The only problem.
    Json problem() {
        const auto all = problems();
        EXPECT_EQ(all.size(), 1U) << all.dump(2);
        return all.empty() ? Json{{"what", ""}, {"fix", ""}} : all[0];
    }
    static bool has(const Json& text, std::string_view part) {
        return text.get<std::string>().find(part) != std::string::npos;
    }
    /// The peers' certificates and what the lanes know.
    agent::OutsideFacts outside;
    void look_outside() {
        control->look_outside([this] { return outside; });
    }
};

TEST_F(StatusProblemsTest, SaysOkAndNothingElseWhileAllIsWell) {
    const auto status = get("/v1/status");
    EXPECT_EQ(status["verdict"], "ok");
    EXPECT_EQ(status["summary"], "2 webhooks served, nothing waits");
    EXPECT_EQ(status["problems"], Json::array());
    EXPECT_FALSE(status["host"].get<std::string>().empty());
    EXPECT_EQ(status["time"], common::rfc3339(clock.wall()));
    EXPECT_EQ(control->trouble(), "");
    for (const auto* field : {"oldest_s", "last_success_s", "failing_s", "waits_for"}) {
        EXPECT_EQ(status["webhooks"][0][field], nullptr) << field;
    }
}

TEST_F(StatusProblemsTest, ShowsAFailingWebhookUntilItDelivers) {
    fill(2);
    agent::Outcome outcome;
    outcome.error = "503 Service Unavailable";
    stats.webhooks["8"].note(outcome, clock.now());
    outside.waiting["8"].oldest = queue.queue_time();
    look_outside();
    clock.advance(seconds{54});
    const auto status = get("/v1/status");
    EXPECT_EQ(status["verdict"], "fail");
    EXPECT_EQ(status["summary"], "1 of 2 webhooks fails; the oldest delivery waits 54 s");
    EXPECT_EQ(control->trouble(), "fail: 1 of 2 webhooks fails; the oldest delivery waits 54 s");
    const auto& one = status["webhooks"][1];
    EXPECT_EQ(one["oldest_s"], 54.0);
    EXPECT_EQ(one["failing_s"], 54.0);
    EXPECT_EQ(one["waits_for"], "2 deliveries wait to be tried again");
    EXPECT_EQ(status["problems"][0],
              (Json{{"level", "fail"},
                    {"what", "webhook 8 \"log\" fails: 503 Service Unavailable; 2 deliveries "
                             "wait, the oldest for 54 s"},
                    {"since_s", 54.0},
                    {"fix", "see `ffl-agent queue list --webhook 8` and the target's own log for "
                            "why it refuses them"},
                    {"webhook", "8"}}));
    EXPECT_NE(call("GET", "/metrics").body.find("\nffl_agent_problems{level=\"fail\"} 1\n"),
              std::string::npos);

    outcome.kind = agent::Outcome::Kind::delivered;
    stats.webhooks["8"].note(outcome, clock.now());
    clock.advance(seconds{2});
    EXPECT_EQ(problems(), Json::array());
    EXPECT_EQ(get("/v1/status")["webhooks"][1]["last_success_s"], 2.0);
}

TEST_F(StatusProblemsTest, AProblemLastsFromWhenItWasFirstSeen) {
    clock.set_synchronized(false);
    EXPECT_EQ(problem()["since_s"], 0.0);
    clock.advance(seconds{7});
    EXPECT_EQ(problem()["since_s"], 7.0);
    clock.set_synchronized(true);
    EXPECT_EQ(problems(), Json::array());
    clock.set_synchronized(false);
    EXPECT_EQ(problem()["since_s"], 0.0) << "this is another time";
}

TEST_F(StatusProblemsTest, NamesTheWebhookThatOthersWaitFor) {
    fill(1);
    auto& waiting = outside.waiting["8"];
    waiting.for_connection = true;
    waiting.behind = "7";
    look_outside();
    EXPECT_EQ(get("/v1/status")["webhooks"][1]["waits_for"],
              "1 delivery waits behind webhook 7 \"door\", which has the connections");
    waiting.behind = "9";
    EXPECT_EQ(get("/v1/status")["webhooks"][1]["waits_for"],
              "1 delivery waits behind webhook 9, which has the connections")
        << "it was removed a moment ago";
}

TEST_F(StatusProblemsTest, TheLongestHostNameIsShown) {
    // A host name of this thread's own, which a container may not let it have.
    const std::string longest(HOST_NAME_MAX, 'h');
    const auto host_shown = [&]() -> std::optional<std::string> {
        if (::unshare(CLONE_NEWUTS) != 0 || ::sethostname(longest.c_str(), longest.size()) != 0) {
            return std::nullopt;
        }
        return get("/v1/status")["host"].get<std::string>();
    };
    const auto host = std::async(std::launch::async, host_shown).get();
    if (!host) {
        GTEST_SKIP() << "needs the right to set a host name";
    }
    EXPECT_EQ(*host, longest);
}

TEST_F(StatusProblemsTest, TheServerIsNamedWithoutItsLogin) {
    config.server.url = common::parse_url("https://user:geheim@lite.example/base").value();
    cache.rebuild({});
    stats.server.state = agent::ServerStatus::State::failing;
    stats.server.last_error = "connect: connection refused";
    stats.server.failing_since = clock.now();
    clock.advance(seconds{3});
    const auto all = problems();
    ASSERT_FALSE(all.empty());
    EXPECT_TRUE(has(all[0]["what"], "https://lite.example/base: connect: connection refused; no "
                                    "list was ever fetched"))
        << all[0].dump();
    EXPECT_EQ(all[0]["since_s"], 3.0);
    EXPECT_EQ(all.dump().find("geheim"), std::string::npos);
}

TEST_F(StatusProblemsTest, ATargetIsNamedWithoutItsSecrets) {
    cache.rebuild({{"7", R"({"id":7,"name":"door","target":"http://u:hidden@h/p?token=hidden"})"},
                   {"9", R"({"id":9,"name":"odd","target":"htp://u:hidden@h/p?token=hidden"})"}});
    agent::Outcome outcome;
    outcome.error = "404 Not Found";
    stats.webhooks["7"].note(outcome, clock.now());
    const auto status = get("/v1/status");
    EXPECT_EQ(status["problems"].size(), 2U);
    EXPECT_EQ(status.dump().find("hidden"), std::string::npos) << status.dump(2);
    EXPECT_TRUE(has(status["problems"][0]["fix"], "http://h/p?token=***"));
}

TEST_F(StatusProblemsTest, CertificatesOfPeersInUseAndOfThisDevice) {
    const auto in = [this](int days) { return clock.wall() + std::chrono::hours{24 * days + 1}; };
    cache.rebuild({{"7", R"({"id":7,"name":"a","target":"https://door.example/x"})"},
                   {"8", R"({"id":8,"name":"b","target":"https://door.example/y"})"},
                   {"9", R"({"id":9,"name":"c","target":"https://gate.example:8443/"})"},
                   {"10", R"({"id":10,"name":"d","target":"http://plain.example:443/"})"}});
    outside.peers = {{"door.example:443", in(12)},
                     {"gate.example:8443", in(30)},
                     {"plain.example:443", in(2)},
                     {"gone.example:443", in(3)}};
    outside.own = {{"[ingest] tls_cert_file", "/etc/own.pem", in(0)},
                   {"[delivery] client_cert_file", "/etc/client.pem", in(-2)}};
    look_outside();
    const auto all = problems();
    ASSERT_EQ(all.size(), 3U) << all.dump(2);
    EXPECT_TRUE(has(all[0]["what"], "[delivery] client_cert_file (/etc/client.pem) has expired"));
    EXPECT_TRUE(has(all[0]["fix"], "systemctl reload"));
    EXPECT_EQ(all[0]["level"], "fail");
    EXPECT_TRUE(has(all[1]["what"], "[ingest] tls_cert_file (/etc/own.pem) ends within a day"));
    EXPECT_TRUE(has(all[1]["fix"], "systemctl reload"));
    EXPECT_TRUE(
        has(all[2]["what"], "the certificate of the target https://door.example ends in 12 days"));
    EXPECT_EQ(all[2]["since_s"], nullptr);
}

TEST_F(StatusProblemsTest, AnUnlikelyClockIsWrong) {
    clock.set_wall(common::WallTime{});
    EXPECT_TRUE(has(problem()["what"], "the clock shows 1970-01-01T00:00:00Z, which is wrong"));
    EXPECT_EQ(problem()["level"], "fail");
}

TEST_F(StatusProblemsTest, ARefusalForLackOfMemoryIsShownForFiveMinutes) {
    EXPECT_EQ(problems(), Json::array());
    memory.note_refusal();
    EXPECT_TRUE(has(problem()["what"], "lack of memory"));
    clock.advance(seconds{299});
    EXPECT_EQ(problem()["since_s"], 299.0);
    clock.advance(seconds{1});
    EXPECT_EQ(problems(), Json::array());
}

TEST_F(StatusProblemsTest, ARecogniserThatFallsSilent) {
    for (int i = 0; i < 3; ++i) {
        clock.advance(seconds{60});
        post(R"({"type":"face"})"); // matches "7" and "8", which is not what this is about
    }
    clock.advance(seconds{3'600});
    EXPECT_EQ(problems(), Json::array());
    clock.advance(seconds{1});
    EXPECT_TRUE(has(problem()["what"], "no event for 1 h, longer than ever since the start "
                                       "(usually one every 1 min)"))
        << problem().dump();
    post(R"({"type":"face"})");
    EXPECT_EQ(problems(), Json::array());
}

TEST_F(StatusProblemsTest, ADiskThatRunsFullIsShownBeforeTheQueueIs) {
    const auto free = queue.stats().disk_free;
    config.queue.min_free = free * 3 / 4;
    EXPECT_EQ(problem()["level"], "warn") << problem().dump();
    config.queue.min_free = free * 2;
    EXPECT_EQ(problem()["level"], "fail") << problem().dump();
    config.queue.min_free = 0;
    EXPECT_EQ(problems(), Json::array());
    config.queue.max_size = queue.stats().used + 1;
    EXPECT_TRUE(has(problem()["what"], "the queue is 100 % full")) << problem().dump();
}

TEST_F(StatusProblemsTest, TheNewestDeadLetterSaysWhy) {
    const auto ids = fill(2);
    kill(ids[0], "8");
    EXPECT_TRUE(has(problem()["what"], "1 dead letter")) << "which is all that a restart leaves";
    agent::Outcome outcome;
    outcome.kind = agent::Outcome::Kind::dead;
    outcome.error = "410 Gone";
    stats.webhooks["8"].note(outcome, clock.now());
    const auto all = problems();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_TRUE(has(all[1]["what"], "1 dead letter; the newest is of webhook 8 \"log\", 0 s ago: "
                                    "410 Gone"));
    EXPECT_EQ(all[1]["webhook"], "8");
}

} // namespace
} // namespace test
