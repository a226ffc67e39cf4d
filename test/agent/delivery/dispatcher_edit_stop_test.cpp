// Deliveries that change without their lanes: retried or dropped by the operator, cancelled by a
// stop, found again by the next run.
#include "test/agent/delivery/dispatch_fixture.hpp"

#include <boost/system/system_error.hpp>

namespace test {
namespace {

struct DispatcherEditStopTest : Dispatching {
    std::vector<agent::Definition> two{webhook("1", "http://a.example/hook"),
                                       webhook("2", "http://b.example/hook")};

    std::uint64_t retry(agent::Selection selection) {
        const auto changed = run(loop, parts->queue.edit(agent::Edit::retry, std::move(selection)));
        clock.settle();
        return changed.value_or(0);
    }
    std::uint64_t drop(agent::Selection selection) {
        const auto changed = run(loop, parts->queue.edit(agent::Edit::drop, std::move(selection)));
        clock.settle();
        return changed.value_or(0);
    }
    std::vector<agent::DeliveryRow> rows() {
        return run(loop, parts->queue.list({.limit = 1000})).value().rows;
    }
};

TEST_F(DispatcherEditStopTest, ARetriedDeadLetterIsTriedAtOnceFromTheFirst) {
    targets[a] = unwell;
    start({webhook("1", "http://a.example/hook", 2)});
    add({"1"}, 3);
    advance(seconds{10});
    EXPECT_EQ(dead(), 3U);
    targets[a] = ok;
    seen.clear();
    EXPECT_EQ(retry({}), 3U);
    EXPECT_EQ(seen.size(), 3U);
    EXPECT_EQ(seen[0].number, 1);
    EXPECT_EQ(dead(), 0U);
    EXPECT_EQ(pending(), 0U);
}

TEST_F(DispatcherEditStopTest, ARetriedPendingOneIsTriedAtOnce) {
    for (const auto& [name, target] : {Named{"answers 503", unwell}, Named{"refuses", refuse}}) {
        SCOPED_TRACE(name);
        targets[a] = target;
        start({webhook("1", "http://a.example/hook")});
        add({"1"});
        advance(seconds{90});
        targets[a] = ok;
        seen.clear();
        EXPECT_EQ(retry({{}, {}, "1"}), 1U);
        EXPECT_EQ(seen.size(), 1U);
        EXPECT_EQ(pending(), 0U);
        stop();
    }
}

TEST_F(DispatcherEditStopTest, DroppedOnesAreNotSent) {
    config.delivery.connections_per_target = 1;
    targets[a] = hang;
    targets[b] = refuse;
    start(two);
    add({"1"}, 5);
    add({"2"}, 5);
    std::vector<std::int64_t> ids;
    for (const auto& row : rows()) {
        if (row.event_id == "e2" || row.event_id == "e4" || row.event_id == "e7") {
            ids.push_back(row.id);
        }
    }
    ASSERT_EQ(ids.size(), 3U);
    EXPECT_EQ(drop({ids, {}, {}}), 3U);
    targets[a] = ok;
    targets[b] = ok;
    seen.clear();
    http.release(FakeHttp::status(200));
    advance(seconds{30});
    EXPECT_EQ(seen_at(a).size(), 2U);
    EXPECT_EQ(seen_at(b).size(), 4U);
    EXPECT_TRUE(seen_of("e2").empty());
    EXPECT_TRUE(seen_of("e4").empty());
    EXPECT_TRUE(seen_of("e7").empty());
    EXPECT_EQ(pending(), 0U);
}

TEST_F(DispatcherEditStopTest, StopLetsAttemptsFinish) {
    targets[a] = hang;
    start(two);
    add({"1"}, 6);
    begin_stop(seconds{5});
    EXPECT_FALSE(stopped);
    advance(seconds{4});
    EXPECT_FALSE(stopped);
    add({"2"});
    for (int i = 0; i < 4; ++i) {
        http.release(FakeHttp::status(200));
    }
    clock.settle();
    EXPECT_TRUE(stopped);
    EXPECT_EQ(seen.size(), 4U) << "and starts no new ones";
    std::vector<std::string> left;
    for (const auto& row : rows()) {
        left.push_back(row.event_id);
    }
    EXPECT_EQ(left, (std::vector<std::string>{"e5", "e6", "e7"}));
}

/// Never answers. A request ends when it is cancelled, with an exception or, as a client may also
/// do, with an error.
struct Mute final : common::HttpClient {
    Mute(common::Executor loop, common::Clock& time, bool throwing)
        : executor{std::move(loop)}, clock{time}, throws{throwing} {}
    common::Task<common::Result<common::HttpReply>> send(common::HttpRequest) override {
        ++sent;
        common::Wakeup never{executor, clock};
        try {
            co_await never.wait();
        } catch (const boost::system::system_error&) {
            if (throws) {
                throw;
            }
        }
        co_return common::fail(common::Fault::unreachable, "cancelled");
    }
    common::Executor executor;
    common::Clock& clock;
    bool throws;
    int sent = 0;
};

TEST_F(DispatcherEditStopTest, StopCancelsWhatTakesTooLongAndDoesNotCountIt) {
    for (const bool throws : {true, false}) {
        SCOPED_TRACE(throws ? "the client throws" : "the client returns an error");
        Mute mute{loop.get_executor(), clock, throws};
        client = &mute;
        start(two);
        add({"1"}, 2);
        EXPECT_EQ(mute.sent, 2);
        begin_stop(seconds{5});
        advance(Millis{4'999});
        EXPECT_FALSE(stopped);
        advance(Millis{1});
        EXPECT_TRUE(stopped);
        const auto left = rows();
        ASSERT_EQ(left.size(), 2U);
        EXPECT_EQ(left[0].attempts, 0U);
        EXPECT_EQ(left[0].last_error, "");
        EXPECT_EQ(parts->stats.webhooks["1"].failed(), 0U);
        drop({});
        stop();
    }
}

TEST_F(DispatcherEditStopTest, AnotherRunDeliversWhatIsLeft) {
    config.delivery.connections_per_target = 1;
    targets[a] = [](const Attempt& attempt) {
        return attempt.event == "e3" ? hang(attempt) : ok(attempt);
    };
    targets[b] = unwell;
    start(two);
    add({"1"}, 400);
    add({"2"});
    advance(seconds{2});
    stop();
    const auto first_run = seen;
    seen.clear();
    targets.clear();
    start(two);
    advance(seconds{100});
    EXPECT_EQ(pending(), 0U);
    ASSERT_EQ(seen_at(a).size(), 398U);
    EXPECT_EQ(seen_at(a)[0].event, "e4") << "fresh ones go first";
    ASSERT_EQ(seen_of("e3").size(), 1U);
    EXPECT_EQ(seen_of("e3")[0].number, 2);
    ASSERT_EQ(seen_at(b).size(), 1U);
    EXPECT_GE(seen_at(b)[0].number, 3);
    EXPECT_EQ(seen_at(b)[0].webhook_id, first_run.back().webhook_id);
}

} // namespace
} // namespace test
