#include "common/base/backoff.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace common {
namespace {

TEST(BackoffWait, LiesBetweenHalfAndAll) {
    const Backoff backoff;
    struct Case {
        std::uint32_t n;
        Millis half, whole;
    };
    for (const auto& [n, half, whole] : {
             Case{1, Millis{500}, Millis{1'000}},
             Case{2, Millis{1'000}, Millis{2'000}},
             Case{3, Millis{2'000}, Millis{4'000}},
             Case{7, Millis{32'000}, Millis{64'000}},
             Case{8, Millis{50'000}, Millis{100'000}},
             Case{63, Millis{50'000}, Millis{100'000}},
             Case{64, Millis{50'000}, Millis{100'000}},
             Case{65, Millis{50'000}, Millis{100'000}},
             Case{std::numeric_limits<std::uint32_t>::max(), Millis{50'000}, Millis{100'000}},
         }) {
        EXPECT_EQ(backoff.longest(n), whole) << n;
        EXPECT_EQ(backoff.wait(n, 0), half) << n;
        EXPECT_EQ(backoff.wait(n, std::nextafter(1.0, 0.0)), whole) << n;
        EXPECT_GT(backoff.wait(n, 0.5), half) << n;
        EXPECT_LT(backoff.wait(n, 0.5), whole) << n;
    }
}

TEST(BackoffWait, NeverOverflowsAndIsNeverZero) {
    const Backoff endless{Millis{1}, Millis::max()};
    for (std::uint32_t n = 0; n < 200; ++n) {
        EXPECT_GT(endless.wait(n, 0.999), Millis{0}) << n;
    }
    EXPECT_EQ((Backoff{Millis{0}, Millis{0}}.wait(5, 0.5)), Millis{1});
    EXPECT_EQ((Backoff{Millis{500}, Millis{200}}.wait(1, 0.999)), Millis{200});
}

} // namespace
} // namespace common
