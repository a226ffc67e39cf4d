#include "common/base/time.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

TEST(WallTimeText, IsUtcInWholeSeconds) {
    struct Case {
        std::int64_t seconds;
        const char* text;
        const char* stamp;
    };
    for (const auto& [seconds, text, stamp] : {
             Case{0, "1970-01-01T00:00:00Z", "19700101T000000Z"},
             Case{951'782'400, "2000-02-29T00:00:00Z", "20000229T000000Z"},
             Case{1'750'000'000, "2025-06-15T15:06:40Z", "20250615T150640Z"},
             Case{4'102'444'799, "2099-12-31T23:59:59Z", "20991231T235959Z"},
         }) {
        const WallTime time{std::chrono::seconds{seconds}};
        EXPECT_EQ(rfc3339(time + Millis{999}), text);
        EXPECT_EQ(file_stamp(time), stamp);
    }
}

// What a calendar shows, in boards with 32 bits, too, whose time_t ends in 2038.
TEST(SecondsOf, AreThoseSince1970) {
    for (const auto& [text, seconds] : {
             std::pair{"1970-01-01T00:00:00Z", std::int64_t{0}},
             std::pair{"1969-12-31T23:59:59Z", std::int64_t{-1}},
             std::pair{"2000-02-29T12:00:00Z", std::int64_t{951'825'600}},
             std::pair{"2038-01-19T03:14:08Z", std::int64_t{2'147'483'648}},
             std::pair{"2100-03-01T00:00:00Z", std::int64_t{4'107'542'400}},
             std::pair{"9999-12-31T23:59:59Z", std::int64_t{253'402'300'799}},
         }) {
        std::tm utc{};
        ASSERT_NE(::strptime(text, "%Y-%m-%dT%H:%M:%SZ", &utc), nullptr);
        EXPECT_EQ(seconds_of(utc), seconds) << text;
    }
}

TEST(WallTimeOf, IsTheNearestThereIs) {
    EXPECT_EQ(wall_time(1'750'000'000), WallTime{std::chrono::seconds{1'750'000'000}});
    EXPECT_EQ(rfc3339(wall_time(253'402'300'799)), "2262-04-11T23:47:16Z");
    EXPECT_EQ(rfc3339(wall_time(-253'402'300'799)), "1677-09-21T00:12:44Z");
}

} // namespace
} // namespace common
