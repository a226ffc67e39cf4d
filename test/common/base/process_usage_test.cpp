#include "common/base/process_usage.hpp"

#include <chrono>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <vector>

namespace common {
namespace {

constexpr double year = 365.0 * 24 * 3600;

TEST(ProcessUsage, TellsWhatTheProcessTakes) {
    const auto now = std::chrono::system_clock::now();
    const auto usage = process_usage(now);
    EXPECT_GT(usage.cpu_s, 0.0);
    EXPECT_LT(usage.cpu_s, year);
    EXPECT_GT(usage.resident_bytes, std::uint64_t{1} << 20);
    EXPECT_GE(usage.virtual_bytes, usage.resident_bytes);
    EXPECT_GE(usage.most_descriptors, 3U);
    EXPECT_LE(usage.started_s, seconds(now.time_since_epoch()) + 1);
    EXPECT_GT(usage.started_s, seconds(now.time_since_epoch()) - year);
}

TEST(ProcessUsage, CountsOpenDescriptors) {
    const auto now = std::chrono::system_clock::now();
    const auto before = process_usage(now).open_descriptors;
    std::vector<int> more;
    for (int i = 0; i < 5; ++i) {
        more.push_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    }
    const auto after = process_usage(now).open_descriptors;
    for (const int one : more) {
        ::close(one);
    }
    ASSERT_TRUE(before && after);
    EXPECT_EQ(*after - *before, 5U);
}

TEST(ProcessUsage, FollowsTheWallClock) {
    const auto now = std::chrono::system_clock::now();
    const auto later = now + std::chrono::hours{1};
    EXPECT_NEAR(process_usage(later).started_s - process_usage(now).started_s, 3600.0, 5.0);
}

} // namespace
} // namespace common
