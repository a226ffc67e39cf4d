#include "common/base/histogram.hpp"

#include <array>
#include <gtest/gtest.h>

namespace common {
namespace {

constexpr std::array bounds{0.5, 1.0, 10.0};

TEST(Histogram, IsEmptyAtFirst) {
    const Histogram histogram{bounds};
    EXPECT_EQ(histogram.count(), 0U);
    EXPECT_EQ(histogram.sum(), 0.0);
    EXPECT_EQ(histogram.at_most(0), 0U);
    EXPECT_EQ(histogram.at_most(2), 0U);
}

TEST(Histogram, CountsWhatIsAtMostAsLargeAsEachBound) {
    Histogram histogram{bounds};
    for (const double value : {0.0, 0.5, 0.75, 1.0, 9.0, 11.0}) {
        histogram.observe(value);
    }
    EXPECT_EQ(histogram.at_most(0), 2U);
    EXPECT_EQ(histogram.at_most(1), 4U);
    EXPECT_EQ(histogram.at_most(2), 5U);
    EXPECT_EQ(histogram.count(), 6U);
    EXPECT_EQ(histogram.sum(), 22.25);
}

TEST(Histogram, CountsAlsoWhatIsBeyondAllBounds) {
    Histogram histogram{bounds};
    histogram.observe(100.0);
    EXPECT_EQ(histogram.at_most(2), 0U);
    EXPECT_EQ(histogram.count(), 1U);
}

} // namespace
} // namespace common
