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

} // namespace
} // namespace common
