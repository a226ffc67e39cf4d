// Attempts that this device cannot make: no descriptor, a bad TLS file, a clock that is not
// synchronised.
#include "test/agent/delivery/dispatch_fixture.hpp"

namespace test {
namespace {

using common::Fault;

struct LaneOwnFaultTest : Dispatching {
    static Answer short_of(const Attempt&) {
        return common::fail(Fault::own, "connect: too many open files");
    }
    static Answer bad_file(const Attempt&) {
        return common::fail(Fault::config, "TLS: cannot open ca.pem: No such file or directory");
    }
    static Answer early(const Attempt&) {
        return common::fail(Fault::date, "TLS: certificate is not yet valid");
    }
    [[nodiscard]] agent::RowPage rows() { return *run(loop, parts->queue.list({.limit = 1000})); }

    std::vector<agent::Definition> one{webhook("1", "http://a.example/hook", 1)};
};

TEST_F(LaneOwnFaultTest, UseUpNoAttemptHoweverLongTheyLast) {
    for (const auto& [name, target] : {Named{"shortage", short_of}, Named{"file", bad_file}}) {
        SCOPED_TRACE(name);
        targets[a] = target;
        start(one);
        seen.clear();
        add({"1"});
        EXPECT_EQ(seen.size(), 1U);
        advance(std::chrono::minutes{5});
        EXPECT_GE(seen.size(), 30U);
        EXPECT_LE(seen.size(), 36U) << "every 10 s in the end";
        for (const auto& attempt : seen) {
            EXPECT_EQ(attempt.number, 1);
        }
        EXPECT_EQ(pending(), 1U);
        EXPECT_EQ(dead(), 0U);
        EXPECT_TRUE(lane(a).reachable);
        EXPECT_EQ(parts->stats.webhooks["1"].failed(), 0U);
        EXPECT_FALSE(parts->stats.webhooks["1"].last_error.empty());
        ASSERT_EQ(rows().rows.size(), 1U);
        EXPECT_EQ(rows().rows[0].attempts, 0U);
        EXPECT_TRUE(rows().rows[0].last_error.empty());

        targets[a] = ok;
        advance(seconds{10});
        EXPECT_EQ(seen.back().number, 1);
        EXPECT_EQ(pending(), 0U);
        EXPECT_EQ(parts->stats.webhooks["1"].delivered(), 1U);
        stop();
    }
}

TEST_F(LaneOwnFaultTest, WaitOneSecondAndLongerEachTime) {
    targets[a] = short_of;
    start(one);
    add({"1"});
    std::vector<long long> waits;
    advance(seconds{40});
    for (std::size_t i = 1; i < seen.size(); ++i) {
        waits.push_back(std::chrono::duration_cast<seconds>(seen[i].at - seen[i - 1].at).count());
    }
    EXPECT_EQ(waits, (std::vector<long long>{1, 2, 4, 8, 10, 10}));
}

TEST_F(LaneOwnFaultTest, LoseNothingOfABacklogAndWhatComesMeanwhile) {
    targets[a] = short_of;
    start(one);
    add({"1"}, 700); // more than a lane holds in memory
    advance(seconds{3});
    add({"1"}, 10);
    advance(seconds{100});
    EXPECT_EQ(pending(), 710U);
    seen.clear();
    targets[a] = ok;
    advance(seconds{11});
    EXPECT_EQ(seen.size(), 710U) << "each is delivered once";
    EXPECT_EQ(pending(), 0U);
    EXPECT_EQ(dead(), 0U);
}

TEST_F(LaneOwnFaultTest, LeaveRetriesTheAttemptsThatWereMade) {
    targets[a] = unwell;
    start({webhook("1", "http://a.example/hook", 3)});
    add({"1"});
    EXPECT_EQ(seen.size(), 1U);
    targets[a] = short_of;
    advance(seconds{60});
    EXPECT_EQ(dead(), 0U);
    targets[a] = [](const Attempt& attempt) {
        return attempt.number == 2 ? unwell(attempt) : ok(attempt);
    };
    seen.clear();
    advance(seconds{30});
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen[0].number, 2);
    EXPECT_EQ(seen[1].number, 3);
    EXPECT_EQ(pending() + dead(), 0U);
}

TEST_F(LaneOwnFaultTest, OfOneWebhookDelayNoOtherOfTheSameTarget) {
    targets[a] = [](const Attempt& attempt) {
        return attempt.path == "/locked" ? bad_file(attempt) : ok(attempt);
    };
    start({webhook("1", "http://a.example/locked", 1), webhook("2", "http://a.example/open")});
    add({"1"}, 300);
    for (int i = 0; i < 20; ++i) {
        const auto now = clock.now();
        add({"1", "2"});
        EXPECT_EQ(seen.back().path, "/open");
        EXPECT_EQ(seen.back().at, now);
        advance(seconds{1});
    }
    EXPECT_EQ(parts->stats.webhooks["2"].delivered(), 20U);
    EXPECT_EQ(pending(), 320U);
}

TEST_F(LaneOwnFaultTest, EndNoOutageAndKeepTheProbeComing) {
    targets[a] = refuse;
    start({webhook("1", "http://a.example/hook")});
    add({"1"}, 3);
    EXPECT_FALSE(lane(a).reachable);
    targets[a] = short_of;
    advance(seconds{60});
    EXPECT_FALSE(lane(a).reachable);
    targets[a] = ok;
    advance(seconds{30});
    EXPECT_TRUE(lane(a).reachable);
    EXPECT_EQ(pending(), 0U);
}

TEST_F(LaneOwnFaultTest, TheDatesOfACertificateAreOursWhileTheClockIsNotSynchronised) {
    targets[a] = early;
    clock.set_synchronized(false);
    start(one);
    add({"1"});
    advance(std::chrono::minutes{5});
    EXPECT_EQ(pending(), 1U);
    EXPECT_EQ(dead(), 0U);
    clock.set_synchronized(true);
    advance(seconds{10});
    EXPECT_EQ(dead(), 1U) << "with a clock that is right, the certificate is wrong";
}

// Fault: wrong clock | a certificate judged before the clock was put right costs no attempt
TEST_F(LaneOwnFaultTest, TheDatesOfACertificateAreOursWhereTheClockIsSynchronisedMeanwhile) {
    targets[a] = [this](const Attempt& attempt) {
        clock.set_synchronized(true);
        return early(attempt);
    };
    clock.set_synchronized(false);
    start(one);
    add({"1"});
    EXPECT_EQ(dead(), 0U);
    targets[a] = ok;
    advance(seconds{10});
    EXPECT_EQ(parts->stats.webhooks["1"].delivered(), 1U);
}

TEST_F(LaneOwnFaultTest, FollowAWebhookToItsNewTarget) {
    targets[a] = short_of;
    start(one);
    add({"1"}, 2);
    redefine({webhook("1", "http://b.example/hook", 1)});
    advance(seconds{10});
    EXPECT_EQ(seen_at(b).size(), 2U);
    EXPECT_EQ(pending(), 0U);
    redefine({});
    advance(seconds{10});
    EXPECT_TRUE(parts->dispatcher.targets().empty());
}

} // namespace
} // namespace test
