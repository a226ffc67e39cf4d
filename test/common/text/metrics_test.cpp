#include "common/text/metrics.hpp"

#include <array>
#include <gtest/gtest.h>
#include <limits>

namespace common {
namespace {

TEST(MetricsText, WritesFamiliesWithTheirSamples) {
    MetricsText metrics;
    metrics.counter("a_total", "All of a.", 18'446'744'073'709'551'615U);
    metrics.gauge("b_seconds", "Of b.", 0.25);
    metrics.family("c_total", "counter", "By webhook.");
    metrics.sample({{"webhook", "1"}, {"outcome", "delivered"}}, std::uint64_t{3});
    metrics.sample({{"webhook", "2"}, {"outcome", "dead"}}, 4.0);
    EXPECT_EQ(metrics.text(), "# HELP a_total All of a.\n"
                              "# TYPE a_total counter\n"
                              "a_total 18446744073709551615\n"
                              "# HELP b_seconds Of b.\n"
                              "# TYPE b_seconds gauge\n"
                              "b_seconds 0.25\n"
                              "# HELP c_total By webhook.\n"
                              "# TYPE c_total counter\n"
                              "c_total{webhook=\"1\",outcome=\"delivered\"} 3\n"
                              "c_total{webhook=\"2\",outcome=\"dead\"} 4\n");
}

TEST(MetricsText, WritesAHistogramAsItsBucketsSumAndCount) {
    static constexpr std::array bounds{0.05, 1.0};
    Histogram took{bounds};
    took.observe(0.5);
    took.observe(2);
    MetricsText metrics;
    metrics.histogram("a_seconds", "Of a.", took);
    metrics.family("b_seconds", "histogram", "Of b.");
    metrics.sample({{"webhook", "1"}}, Histogram{bounds});
    EXPECT_EQ(metrics.text(), "# HELP a_seconds Of a.\n"
                              "# TYPE a_seconds histogram\n"
                              "a_seconds_bucket{le=\"0.05\"} 0\n"
                              "a_seconds_bucket{le=\"1\"} 1\n"
                              "a_seconds_bucket{le=\"+Inf\"} 2\n"
                              "a_seconds_sum 2.5\n"
                              "a_seconds_count 2\n"
                              "# HELP b_seconds Of b.\n"
                              "# TYPE b_seconds histogram\n"
                              "b_seconds_bucket{webhook=\"1\",le=\"0.05\"} 0\n"
                              "b_seconds_bucket{webhook=\"1\",le=\"1\"} 0\n"
                              "b_seconds_bucket{webhook=\"1\",le=\"+Inf\"} 0\n"
                              "b_seconds_sum{webhook=\"1\"} 0\n"
                              "b_seconds_count{webhook=\"1\"} 0\n");
}

TEST(MetricsText, EscapesWhatCouldBreakALine) {
    MetricsText metrics;
    metrics.family("a", "gauge", "one\\two\nthree \"four\"");
    metrics.sample({{"name", "say \"hi\"\\\nnow"}}, std::uint64_t{1});
    EXPECT_EQ(metrics.text(), "# HELP a one\\\\two\\nthree \"four\"\n"
                              "# TYPE a gauge\n"
                              "a{name=\"say \\\"hi\\\"\\\\\\nnow\"} 1\n");
}

TEST(MetricsText, ShowsNoControlCharacters) {
    MetricsText metrics;
    metrics.family("a", "gauge", "x");
    const auto before = metrics.text().size();
    metrics.sample({{"webhook", "local:\x1b[2J\r\u202e\u009b\xff"}}, std::uint64_t{1});
    EXPECT_EQ(metrics.text().substr(before),
              "a{webhook=\"local:\\\\x1b[2J\\\\r\\\\u202e\\\\u009b\\\\xff\"} 1\n");
}

TEST(MetricsText, WritesNumbers) {
    using Limits = std::numeric_limits<double>;
    MetricsText metrics;
    metrics.family("a", "gauge", "x");
    const auto before = metrics.text().size();
    for (const double value : {0.0, -1.5, 1750000000.123, 1e300, Limits::infinity(),
                               -Limits::infinity(), Limits::quiet_NaN()}) {
        metrics.sample({}, value);
    }
    EXPECT_EQ(metrics.text().substr(before),
              "a 0\na -1.5\na 1750000000.123\na 1e+300\na +Inf\na -Inf\na NaN\n");
}

} // namespace
} // namespace common
