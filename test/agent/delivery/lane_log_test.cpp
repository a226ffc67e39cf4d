#include "agent/delivery/lane_log.hpp"

#include "test/support/test_clock.hpp"

#include <gtest/gtest.h>

namespace agent {
namespace {

using std::chrono::seconds;

struct LaneLogTest : ::testing::Test {
    static Webhook webhook(const std::string& key) {
        Webhook made;
        made.key = key;
        made.name = "w" + key;
        made.target = common::parse_url("http://user:hidden@a.example/hook").value();
        return made;
    }
    /// The lines that `what` writes.
    template <class What> static std::string lines(What what) {
        ::testing::internal::CaptureStderr();
        what();
        return ::testing::internal::GetCapturedStderr();
    }
    std::string ended(const Outcome& outcome, const std::string& key = "1") {
        return lines([&] { log.attempt_ended(webhook(key), delivery, outcome); });
    }
    static bool has(const std::string& text, const std::string& part) {
        return text.find(part) != std::string::npos;
    }

    const Outcome delivered{Outcome::Kind::delivered, {}, true, 204, ""};
    const Outcome refused{Outcome::Kind::retry, {}, true, 503, "503 Service Unavailable"};
    const Outcome silent{Outcome::Kind::retry, {}, false, 0, "connect: connection refused"};
    const Outcome dead{Outcome::Kind::dead, {}, true, 503, "503 Service Unavailable"};

    common::asio::io_context loop;
    test::TestClock clock{loop};
    Delivery delivery{42, "1", "e1", std::make_shared<const std::string>("{}"), 0, 0};
    LaneLog log{clock};
};

TEST_F(LaneLogTest, IsSilentWhileAllIsWell) {
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(ended(delivered), "");
    }
}

TEST_F(LaneLogTest, LogsTheFirstFailureAndTheRecovery) {
    const auto first = ended(silent);
    EXPECT_TRUE(has(first, "target does not answer")) << first;
    EXPECT_TRUE(has(first, "http://a.example/hook")) << first;
    EXPECT_TRUE(has(first, "connect: connection refused")) << first;
    EXPECT_FALSE(has(first, "hidden")) << first;
    clock.advance(seconds{90});
    EXPECT_EQ(ended(silent), "");
    clock.advance(seconds{30});
    const auto last = ended(delivered);
    EXPECT_TRUE(has(last, "target answers again")) << last;
    EXPECT_TRUE(has(last, "after_s=120")) << last;
    EXPECT_TRUE(has(last, "failed_attempts=2")) << last;
    EXPECT_EQ(ended(delivered), "");
}

TEST_F(LaneLogTest, ARefusalIsAnAnswer) {
    ended(silent);
    const auto refusal = ended(refused);
    EXPECT_TRUE(has(refusal, "target answers again")) << refusal;
    EXPECT_TRUE(has(refusal, "target refuses a delivery")) << refusal;
    EXPECT_TRUE(has(refusal, "503 Service Unavailable")) << refusal;
    EXPECT_EQ(ended(refused), "");
    const auto accepted = ended(delivered);
    EXPECT_TRUE(has(accepted, "target accepts deliveries again")) << accepted;
    EXPECT_TRUE(has(accepted, "failed_attempts=2")) << accepted;
}

TEST_F(LaneLogTest, LogsEachWebhooksRefusals) {
    EXPECT_TRUE(has(ended(refused, "1"), "target refuses a delivery"));
    EXPECT_TRUE(has(ended(refused, "2"), "webhook=2"));
    EXPECT_EQ(ended(delivered, "3"), "") << "and 3 was never refused";
    EXPECT_TRUE(has(ended(delivered, "2"), "target accepts deliveries again"));
}

TEST_F(LaneLogTest, LogsNoMoreThanOneBeginningAMinute) {
    for (const auto& failure : {silent, refused}) {
        SCOPED_TRACE(failure.error);
        EXPECT_NE(ended(failure), "");
        EXPECT_NE(ended(delivered), "");
        for (int i = 0; i < 5; ++i) {
            clock.advance(seconds{11});
            EXPECT_EQ(ended(failure), "");
            EXPECT_EQ(ended(delivered), "") << "its beginning was not logged";
        }
        clock.advance(seconds{6});
        const auto next = ended(failure);
        EXPECT_TRUE(has(next, "target ")) << next;
        const auto last = ended(delivered);
        EXPECT_TRUE(has(last, "failed_attempts=1")) << last;
    }
}

TEST_F(LaneLogTest, LogsDeadLettersAndHowManyItLeftOut) {
    const auto first = ended(dead);
    EXPECT_TRUE(has(first, "a delivery became a dead letter")) << first;
    EXPECT_TRUE(has(first, "delivery=42")) << first;
    EXPECT_TRUE(has(first, "event=e1")) << first;
    EXPECT_TRUE(has(first, "not_logged=0")) << first;
    for (int i = 0; i < 3; ++i) {
        EXPECT_FALSE(has(ended(dead), "dead letter"));
    }
    clock.advance(seconds{60});
    const auto second = ended(dead);
    EXPECT_TRUE(has(second, "not_logged=3")) << second;
}

} // namespace
} // namespace agent
