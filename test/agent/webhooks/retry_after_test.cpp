#include "agent/webhooks/retry_after.hpp"

#include <gtest/gtest.h>
#include <string>

namespace agent {
namespace {

using std::chrono::seconds;

constexpr std::optional<common::Millis> none;
constexpr auto sent = "Sun, 06 Nov 1994 08:49:37 GMT";
/// At `sent`.
constexpr common::DeviceTime set_clock{784'111'777, true};
constexpr common::DeviceTime unset_clock{784'111'777, false};
/// As boards without a battery boot.
constexpr common::DeviceTime wrong{0, false};

TEST(RetryAfter, ReadsSecondsInWhateverFormTheyCome) {
    struct Case {
        std::string value;
        std::optional<common::Millis> wait;
    };
    for (const auto& [value, wait] : {
             Case{"120", seconds{120}},
             Case{"0", seconds{0}},
             Case{"+20", seconds{20}},
             Case{"3600", seconds{3600}},
             Case{"3601", seconds{3600}},
             Case{"99999999999999999999999999", seconds{3600}},
             Case{"3.493", seconds{4}},
             Case{"2.0", seconds{2}},
             Case{"2.000001", seconds{3}},
             Case{"5.", seconds{5}},
             Case{"3599.5", seconds{3600}},
             Case{"3600.5", seconds{3600}},
             Case{"120; foo", seconds{120}},
             Case{"120s", seconds{120}},
             Case{"120 seconds", seconds{120}},
             Case{"120, 60", seconds{120}},
             Case{" 120 ", seconds{120}},
             Case{"\"120\"", seconds{120}},
             Case{"-120", none},
             Case{"-0.5", none},
             Case{"+-5", none},
             Case{"in 120", none},
             Case{"soon", none},
             Case{"nan", none},
             Case{".", none},
             Case{"", none},
         }) {
        EXPECT_EQ(retry_after({{"retry-after", value}}, wrong), wait) << value;
    }
}

TEST(RetryAfter, ReadsDatesInWhateverFormTheyCome) {
    // All of them one minute after `sent`.
    for (const auto* value : {
             "Sun, 06 Nov 1994 08:50:37 GMT",
             "Sunday, 06-Nov-94 08:50:37 GMT",
             "Sun Nov  6 08:50:37 1994",
             "Sun, 06 Nov 1994 08:50:37 GMT and more",
             "Sun, 06 Nov 1994 08:50:37 UTC",
             "Sun, 06 Nov 1994 08:50:37 +0000",
             "Sun, 06 Nov 1994 11:50:37 +0300",
             "Sun, 06 Nov 1994 11:50:37 MSK",
             "Sun, 06 Nov 1994 09:50:37 CET",
             "Sun, 06 Nov 1994 03:20:37 -05:30",
             "Sun, 06 Nov 1994 03:50:37 EST",
             "Sun, 06 Nov 1994 08:50:37",
             "Sun, 6 Nov 1994 08:50:37 GMT",
             "06 Nov 1994 08:50:37 GMT",
             "Sun, 06-Nov-1994 08:50:37 GMT",
             "Sun Nov  6 08:50:37 UTC 1994",
             "Sun Nov  6 11:50:37 MSK 1994",
             "Sun Nov  6 00:50:37 PST 1994",
             "Sun Nov  6 10:50:37 +02 1994",
             "Sun Nov 06 1994 08:50:37 GMT+0000 (Coordinated Universal Time)",
             "1994-11-06T08:50:37.250Z",
             "1994-11-06 09:50:37+01:00",
             "19941106T085037Z",
         }) {
        EXPECT_EQ(retry_after({{"Retry-After", value}, {"Date", sent}}, wrong), seconds{60})
            << value;
        EXPECT_EQ(retry_after({{"Retry-After", value}}, set_clock), seconds{60}) << value;
    }
}

TEST(RetryAfter, JudgesADateByTheRepliesOwnOrElseByTheClock) {
    constexpr auto soon = "Sun, 06 Nov 1994 08:50:37 GMT";
    constexpr auto past = "Sun, 06 Nov 1994 08:49:00 GMT";
    constexpr auto tomorrow = "Mon, 07 Nov 1994 08:49:37 GMT";
    struct Case {
        std::string value, date;
        common::DeviceTime now;
        std::optional<common::Millis> wait;
    };
    for (const auto& [value, date, now, wait] : {
             Case{soon, sent, wrong, seconds{60}},
             Case{soon, "Sunday, 06-Nov-94 08:49:37 GMT", wrong, seconds{60}},
             Case{soon, "Sun, 06 Nov 1994 08:50:07 GMT", set_clock, seconds{30}},
             Case{tomorrow, sent, wrong, seconds{3600}},
             Case{past, sent, wrong, seconds{-37}},
             Case{soon, "", set_clock, seconds{60}},
             Case{soon, "yesterday", set_clock, seconds{60}},
             Case{tomorrow, "", set_clock, seconds{3600}},
             Case{soon, "", unset_clock, seconds{60}},
             Case{tomorrow, "", unset_clock, none},
             Case{past, "", unset_clock, none},
             Case{soon, "", wrong, none},
         }) {
        common::Headers headers{{"Retry-After", value}};
        if (!date.empty()) {
            headers.push_back({"Date", date});
        }
        const auto got = retry_after(headers, now);
        // What is past asks for nothing.
        EXPECT_EQ(got, wait && *wait < seconds{0} ? std::optional<common::Millis>{0} : wait)
            << value << " at " << date;
    }
}

TEST(RetryAfter, TakesTheLongestOfSeveral) {
    EXPECT_EQ(
        retry_after({{"Retry-After", "5"}, {"retry-after", "soon"}, {"RETRY-AFTER", "70"}}, wrong),
        seconds{70});
    EXPECT_EQ(retry_after({}, set_clock), none);
}

} // namespace
} // namespace agent
