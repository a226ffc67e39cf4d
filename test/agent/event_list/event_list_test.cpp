#include "agent/event_list/event_list.hpp"

#include "agent/events/shortened_event.hpp"
#include "common/base/log.hpp"
#include "test/support/test_clock.hpp"

#include <functional>
#include <gtest/gtest.h>

namespace test {
namespace {

using agent::ListedDelivery;
using agent::ListedEvent;
using agent::Outcome;
using agent::RecordedOutcome;
using Cause = ListedDelivery::Cause;
using State = ListedDelivery::State;
using namespace std::chrono_literals;

std::shared_ptr<const agent::Snapshot> snapshot_of(std::size_t webhooks,
                                                   const std::string& definition = "{}") {
    auto made = std::make_shared<agent::Snapshot>();
    for (std::size_t i = 0; i < webhooks; ++i) {
        auto webhook = std::make_shared<agent::Webhook>();
        webhook->key = std::to_string(i);
        webhook->definition = definition;
        made->webhooks.push_back(std::move(webhook));
    }
    return made;
}

struct EventListTest : ::testing::Test {
    /// One event, with a delivery to each of the first webhooks if it has a row.
    std::uint64_t add(std::int64_t in_row = 0, std::size_t deliveries = 1,
                      const std::string& text = "{}") {
        std::vector<ListedEvent> events(1);
        auto& event = events.front();
        event.row = in_row;
        event.accepted_at = 1'000;
        event.snapshot = snapshot;
        event.text = agent::KeptText{std::string_view{text}};
        for (std::size_t i = 0; in_row != 0 && i < deliveries; ++i) {
            event.deliveries.push_back({snapshot->webhooks.at(i).get()});
        }
        list.add(events);
        EXPECT_TRUE(events.empty());
        return list.last();
    }
    static std::int64_t delivery(std::int64_t in_row, std::int64_t place = 0) {
        return in_row * agent::deliveries_per_event + place;
    }
    static RecordedOutcome outcome(std::int64_t id, Outcome::Kind kind, std::uint32_t attempts = 1,
                                   const std::string& error = "") {
        RecordedOutcome recorded;
        recorded.id = id;
        recorded.kind = kind;
        recorded.attempts = attempts;
        recorded.status = error.empty() ? 200 : 503;
        recorded.error = error;
        recorded.due = 9'000;
        recorded.took = 7ms;
        return recorded;
    }
    const ListedDelivery& at(std::uint64_t seq, std::size_t place = 0) {
        return list.event(seq)->deliveries.at(place);
    }

    common::asio::io_context loop;
    TestClock clock{loop};
    agent::Config config;
    agent::EventList list{clock, config};
    std::int64_t row = 0; ///< of the last event of a test with several
    std::shared_ptr<const agent::Snapshot> snapshot = snapshot_of(3);
};

TEST_F(EventListTest, KeepsTheLastEventsAndNumbersThem) {
    config.ingest.event_list = 3;
    for (int i = 0; i < 5; ++i) {
        add();
    }
    using Numbers = std::vector<std::uint64_t>;
    EXPECT_EQ(list.numbers(0, 100), (Numbers{5, 4, 3}));
    EXPECT_EQ(list.numbers(0, 2), (Numbers{5, 4}));
    EXPECT_EQ(list.numbers(4, 100), (Numbers{5}));
    EXPECT_EQ(list.numbers(5, 100), Numbers{});
    EXPECT_EQ(list.event(2), nullptr);
    EXPECT_EQ(list.event(3)->seq, 3U);
    EXPECT_EQ(list.event(6), nullptr);
}

TEST_F(EventListTest, KeepsNothingWhenItIsOff) {
    config.ingest.event_list = 0;
    EXPECT_EQ(list.wanted(), 0U);
    list.refuse(415, "send JSON", "socket");
    add(1);
    EXPECT_TRUE(list.numbers(0, 100).empty());
    EXPECT_EQ(list.bytes(), 0U);
    list.note(outcome(delivery(1), Outcome::Kind::delivered), 1'035);
}

TEST_F(EventListTest, FollowsTheLimitAsItChanges) {
    for (int i = 0; i < 10; ++i) {
        add();
    }
    config.ingest.event_list = 4;
    add();
    EXPECT_EQ(list.numbers(0, 100).size(), 4U);
}

TEST_F(EventListTest, FindsDeliveriesByTheirRowAmongEventsWithoutOne) {
    add();
    const auto first = add(4, 3);
    add();
    add();
    const auto second = add(5);
    const auto third = add(9);
    add();
    list.note(outcome(delivery(4, 2), Outcome::Kind::delivered), 1'035);
    list.note(outcome(delivery(5), Outcome::Kind::delivered), 1'040);
    list.note(outcome(delivery(9), Outcome::Kind::delivered), 1'050);
    // None of these is in the list.
    for (const auto id : {delivery(0), delivery(3), delivery(4, 3), delivery(6), delivery(10)}) {
        list.note(outcome(id, Outcome::Kind::dead, 1, "503"), 1'060);
    }
    EXPECT_EQ(at(first, 0).state, State::waiting);
    EXPECT_EQ(at(first, 2).state, State::delivered);
    EXPECT_EQ(at(first, 2).when, 35);
    EXPECT_EQ(at(second).when, 40);
    EXPECT_EQ(at(third).when, 50);
}

TEST_F(EventListTest, RemembersFailedAttemptsUpToABound) {
    const auto seq = add(1);
    for (std::uint32_t attempt = 1; attempt <= agent::listed_attempts + 5; ++attempt) {
        list.note(outcome(delivery(1), Outcome::Kind::retry, attempt, std::string(2'000, 'x')), 0);
    }
    EXPECT_EQ(at(seq).state, State::waiting);
    EXPECT_EQ(at(seq).attempts, agent::listed_attempts + 5);
    EXPECT_EQ(at(seq).status, 503);
    EXPECT_EQ(at(seq).when, 9'000);
    const auto& failures = list.event(seq)->failures->at(0);
    ASSERT_EQ(failures.size(), agent::listed_attempts);
    EXPECT_EQ(failures.back().error.size(), 500U);
    EXPECT_EQ(failures.back().took_ms, 7U);
    EXPECT_LT(list.bytes(), 20'000U);
    config.ingest.event_list = 1;
    add();
    add();
    EXPECT_LT(list.bytes(), 1'000U) << "all of it is given back";
}

TEST_F(EventListTest, KeepsWhatEndedADelivery) {
    struct Case {
        const char* name;
        std::function<void(EventListTest&)> then;
        State state;
        Cause cause;
    };
    const auto fail = [](EventListTest& t, Outcome::Kind kind) {
        t.list.note(outcome(delivery(t.row), kind, 2, "503"), 2'000);
    };
    const auto end = [](State state, Cause cause) {
        return [=](EventListTest& t) { t.list.end({delivery(t.row)}, state, cause); };
    };
    const Case cases[] = {
        {"dead", [&](auto& t) { fail(t, Outcome::Kind::dead); }, State::dead, Cause::none},
        {"expired in its lane",
         [](auto& t) {
             auto expired = outcome(delivery(t.row), Outcome::Kind::delivered, 0);
             expired.expired = true;
             t.list.note(expired, 2'000);
         },
         State::expired, Cause::none},
        {"dropped, and the attempt in flight fails",
         [&](auto& t) {
             end(State::dropped, Cause::by_operator)(t);
             fail(t, Outcome::Kind::retry);
         },
         State::dropped, Cause::by_operator},
        {"dropped, and the attempt in flight delivers",
         [&](auto& t) {
             end(State::dropped, Cause::by_operator)(t);
             t.list.note(outcome(delivery(t.row), Outcome::Kind::delivered), 2'000);
         },
         State::delivered, Cause::none},
        {"delivered before it was to be dropped",
         [&](auto& t) {
             t.list.note(outcome(delivery(t.row), Outcome::Kind::delivered), 2'000);
             end(State::dropped, Cause::drop_oldest)(t);
         },
         State::delivered, Cause::none},
        {"its webhook is back",
         [&](auto& t) {
             end(State::dead, Cause::webhook_removed)(t);
             t.list.revive({delivery(t.row)}, 3'000);
         },
         State::waiting, Cause::none},
        {"an operator's retry of pending ones only",
         [&](auto& t) {
             fail(t, Outcome::Kind::dead);
             t.list.retry({{}, agent::DeliveryState::pending, {}}, 3'000);
         },
         State::dead, Cause::none},
        {"an operator's retry of another webhook",
         [&](auto& t) {
             fail(t, Outcome::Kind::dead);
             t.list.retry({{}, {}, "1"}, 3'000);
         },
         State::dead, Cause::none},
    };
    for (const auto& one : cases) {
        SCOPED_TRACE(one.name);
        const auto seq = add(++row);
        one.then(*this);
        EXPECT_EQ(at(seq).state, one.state);
        EXPECT_EQ(at(seq).cause, one.cause);
    }
}

TEST_F(EventListTest, RetryMakesDeadOnesWaitAgainWithFreshAttempts) {
    const auto seq = add(1);
    list.note(outcome(delivery(1), Outcome::Kind::dead, 3, "503"), 2'000);
    list.retry({{}, {}, "0"}, 3'000);
    EXPECT_EQ(at(seq).state, State::waiting);
    EXPECT_EQ(at(seq).attempts, 0U);
    EXPECT_EQ(at(seq).when, 3'000);
    list.note(outcome(delivery(1), Outcome::Kind::retry, 1, "503"), 3'000);
    EXPECT_EQ(at(seq).when, 9'000);
    list.retry({}, 4'000);
    EXPECT_EQ(at(seq).when, 4'000) << "a waiting one is due";
    EXPECT_EQ(at(seq).attempts, 1U);
}

TEST_F(EventListTest, IsBoundedInBytesWhateverTheEventsAre) {
    config.ingest.event_list = 1'000;
    std::string many = "{\"n\":[1";
    while (many.size() < 100'000) {
        many += ",1";
    }
    many += "]}";
    for (int i = 0; i < 30; ++i) {
        add(++row, 1, many);
    }
    EXPECT_EQ(list.numbers(0, 1'000).size(), 30U);
    EXPECT_LT(list.bytes(), 30'000U) << "only an outline of each is kept";
    const auto long_event = "{\"n\":\"" + std::string(10'000, ' ') + "\"}";
    const auto rows = R"({"a":")" + std::string(1'000, 'x') + R"("})";
    for (int i = 0; i < 1'000; ++i) {
        add(++row, 1, i % 2 == 0 ? rows : long_event);
        ASSERT_LE(list.bytes(), agent::EventList::most_bytes);
    }
    EXPECT_EQ(list.numbers(0, 1'000).size(), 1'000U);
    snapshot = snapshot_of(5'000);
    for (int i = 0; i < 100; ++i) {
        add(++row, 5'000);
        ASSERT_LE(list.bytes(), agent::EventList::most_bytes);
    }
    const auto held = list.numbers(0, 1'000).size();
    EXPECT_GT(held, 10U);
    EXPECT_LT(held, 100U);
}

TEST_F(EventListTest, CountsTheSnapshotsThatOnlyItHolds) {
    const auto before = snapshot_of(100, std::string(10'000, 'x'));
    snapshot = before;
    add();
    EXPECT_LT(list.bytes(), 10'000U) << "the current one is the cache's";
    auto shares = std::make_shared<agent::Snapshot>(*before);
    shares->webhooks.pop_back();
    snapshot = shares;
    add();
    EXPECT_LT(list.bytes(), 60'000U) << "all but one webhook are shared";
    for (int i = 0; i < 10; ++i) {
        snapshot = snapshot_of(100, std::string(10'000, 'x'));
        add();
        EXPECT_LE(list.bytes(), agent::EventList::most_bytes);
    }
    EXPECT_LT(list.numbers(0, 100).size(), 4U);
}

TEST_F(EventListTest, CountsRefusalsOfAKind) {
    config.ingest.event_list = 8;
    for (int i = 0; i < 5; ++i) {
        list.refuse(415, "send JSON", "10.0.0.1");
    }
    const auto first = list.last();
    EXPECT_EQ(list.refusal(first)->times, 5U);
    add();
    clock.advance(2'000ms);
    list.refuse(415, "send JSON", "10.0.0.1");
    EXPECT_EQ(list.refusal(first), nullptr) << "it is the newest again";
    EXPECT_EQ(list.refusal(list.last())->times, 6U);
    for (int i = 0; i < 50; ++i) {
        list.refuse(400, "at byte " + std::to_string(i), "10.0.0.1");
    }
    EXPECT_EQ(list.numbers(0, 100).size(), 3U) << "two refusals, and the event is still there";
    EXPECT_NE(list.event(first + 1), nullptr);
}

TEST_F(EventListTest, WarnsOfRefusedProducersOnceAMinute) {
    const auto log_of = [&](unsigned status) {
        ::testing::internal::CaptureStderr();
        list.refuse(status, "no", "10.0.0.1");
        return ::testing::internal::GetCapturedStderr();
    };
    EXPECT_NE(log_of(401).find("a producer's request is refused status=401 detail=no "
                               "from=10.0.0.1 not_logged=0"),
              std::string::npos);
    EXPECT_EQ(log_of(401), "");
    EXPECT_EQ(log_of(400), "");
    clock.advance(60'000ms);
    EXPECT_EQ(log_of(503), "") << "the queue's own refusals are logged elsewhere";
    EXPECT_NE(log_of(400).find("not_logged=2"), std::string::npos);
}

TEST_F(EventListTest, LogsTheEndOfEventsWithoutDeliveriesForDebugging) {
    common::log::set_level(common::log::Level::debug);
    config.ingest.event_list = 0;
    EXPECT_GT(list.wanted(), 0U) << "for the log alone";
    ::testing::internal::CaptureStderr();
    add(0, 0, R"({"id":"e1"})");
    add(1, 1, R"({"id":"e2"})");
    const auto log = ::testing::internal::GetCapturedStderr();
    common::log::set_level(common::log::Level::info);
    EXPECT_NE(log.find("an event matches no webhook event=e1"), std::string::npos) << log;
    EXPECT_EQ(log.find("e2"), std::string::npos) << log;
}

} // namespace
} // namespace test
