#include "agent/delivery/own_faults.hpp"

#include "test/support/test_clock.hpp"

#include <gtest/gtest.h>

namespace agent {
namespace {

using std::chrono::seconds;

struct OwnFaultsTest : ::testing::Test {
    static Webhook webhook(const std::string& key) {
        Webhook made;
        made.key = key;
        made.name = "w" + key;
        return made;
    }
    template <class What> static std::string lines(What what) {
        ::testing::internal::CaptureStderr();
        what();
        return ::testing::internal::GetCapturedStderr();
    }
    std::string failed(const std::string& key, const std::string& error = "no descriptor") {
        return lines([&] { faults.failed(webhook(key), error); });
    }
    std::string attempted(const std::string& key) {
        return lines([&] { faults.attempted(key); });
    }
    static bool has(const std::string& text, const std::string& part) {
        return text.find(part) != std::string::npos;
    }

    common::asio::io_context loop;
    test::TestClock clock{loop};
    OwnFaults faults{clock};
};

TEST_F(OwnFaultsTest, WaitsForOneSecondUpToTen) {
    EXPECT_LE(faults.retry_at("1"), clock.now());
    for (const int wait : {1, 2, 4, 8, 10, 10}) {
        failed("1");
        EXPECT_EQ(faults.retry_at("1"), clock.now() + seconds{wait});
        failed("1");
        EXPECT_EQ(faults.retry_at("1"), clock.now() + seconds{wait}) << "at the same time";
        clock.advance(seconds{wait});
    }
    attempted("1");
    failed("1");
    EXPECT_EQ(faults.retry_at("1"), clock.now() + seconds{1});
}

TEST_F(OwnFaultsTest, LogsOnceHoweverManyWebhooksWait) {
    const auto first = failed("1");
    EXPECT_TRUE(has(first, "deliveries wait for a fault of this device")) << first;
    EXPECT_TRUE(has(first, "no descriptor")) << first;
    EXPECT_TRUE(has(first, "not counted as an attempt")) << first;
    EXPECT_EQ(failed("2"), "");
    clock.advance(seconds{90});
    EXPECT_EQ(failed("1"), "");
    EXPECT_EQ(attempted("1"), "");
    const auto last = attempted("2");
    EXPECT_TRUE(has(last, "no longer wait")) << last;
    EXPECT_TRUE(has(last, "after_s=90")) << last;
    EXPECT_EQ(attempted("2"), "");
}

TEST_F(OwnFaultsTest, LogsEachFaultAndNoneMoreThanOnceAMinute) {
    EXPECT_NE(failed("1"), "");
    EXPECT_NE(failed("2", "ca.pem"), "");
    attempted("1");
    clock.advance(seconds{30});
    EXPECT_EQ(failed("1"), "") << "it comes and goes";
    EXPECT_EQ(attempted("1"), "");
    clock.advance(seconds{31});
    EXPECT_NE(failed("1"), "");
    EXPECT_NE(attempted("1"), "");
}

TEST_F(OwnFaultsTest, EndsForAWebhookThatIsGoneOrFailsForAnotherReason) {
    failed("1");
    EXPECT_TRUE(has(lines([&] { faults.retain([](const auto&) { return false; }); }), "no longer"));
    EXPECT_LE(faults.retry_at("1"), clock.now());
    failed("2", "ca.pem");
    clock.advance(seconds{1});
    const auto other = failed("2", "key.pem");
    EXPECT_TRUE(has(other, "key.pem")) << other;
    EXPECT_TRUE(has(other, "no longer")) << other;
}

} // namespace
} // namespace agent
