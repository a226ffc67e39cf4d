#include "agent/queue/recent_events.hpp"

#include <gtest/gtest.h>
#include <random>
#include <set>

namespace test {

using namespace std::chrono_literals;
using agent::EventKey;
using agent::RecentEvents;

const common::Instant begin{1h};

TEST(RecentEvents, KeysTellIdAndBytesApart) {
    EXPECT_EQ(agent::event_key("a", "b"), agent::event_key("a", "b"));
    EXPECT_NE(agent::event_key("a", "b"), agent::event_key("b", "a"));
    EXPECT_NE(agent::event_key("a", "b"), agent::event_key("a", "c"));
    EXPECT_NE(agent::event_key("ab", ""), agent::event_key("a", "b"));
}

TEST(RecentEvents, ForgetsWhatIsOlderThanTheWindow) {
    RecentEvents recent{10min};
    recent.insert({1, 1}, begin);
    recent.insert({2, 2}, begin + 1min);
    recent.expire(begin + 10min);
    EXPECT_TRUE(recent.contains({1, 1})) << "ten minutes ago is within ten minutes";
    recent.expire(begin + 10min + 1ms);
    EXPECT_FALSE(recent.contains({1, 1}));
    EXPECT_TRUE(recent.contains({2, 2}));
    EXPECT_EQ(recent.size(), 1U);
}

TEST(RecentEvents, UndoRemovesTheLast) {
    RecentEvents recent{10min};
    recent.undo(3);
    for (std::uint64_t i = 0; i < 5; ++i) {
        recent.insert({i, 7}, begin); // all have the same hash
    }
    recent.undo(2);
    EXPECT_TRUE(recent.contains({2, 7}));
    EXPECT_FALSE(recent.contains({3, 7}));
    EXPECT_FALSE(recent.contains({4, 7}));
    recent.insert({3, 7}, begin);
    EXPECT_TRUE(recent.contains({3, 7}));
}

TEST(RecentEvents, AgreesWithASetUnderRandomUse) {
    std::mt19937_64 random{42};
    RecentEvents recent{100ms};
    std::vector<std::pair<std::uint64_t, common::Instant>> order;
    std::set<std::uint64_t> present;
    auto now = begin;
    // Few different low halves, so that many keys have the same hash.
    const auto key = [](std::uint64_t n) { return EventKey{n, n % 600}; };
    for (int step = 0; step < 60'000; ++step) {
        const auto n = random() % 3'000;
        switch (random() % 8) {
        case 0:
            now += std::chrono::milliseconds{random() % 20};
            recent.expire(now);
            while (!order.empty() && now - order.front().second > 100ms) {
                present.erase(order.front().first);
                order.erase(order.begin());
            }
            break;
        case 1:
            if (!order.empty()) {
                recent.undo(1);
                present.erase(order.back().first);
                order.pop_back();
            }
            break;
        default:
            ASSERT_EQ(recent.contains(key(n)), present.contains(n)) << step;
            if (present.insert(n).second) {
                recent.insert(key(n), now);
                order.emplace_back(n, now);
            }
        }
        ASSERT_EQ(recent.size(), present.size());
    }
}

TEST(RecentEvents, IsCorrectAfterABurst) {
    RecentEvents recent{10min};
    for (std::uint64_t i = 0; i < 20'000; ++i) {
        recent.insert({i, i * 0x9E3779B97F4A7C15U}, begin);
    }
    recent.insert({1, 1}, begin + 5min);
    recent.expire(begin + 11min);
    EXPECT_EQ(recent.size(), 1U);
    EXPECT_TRUE(recent.contains({1, 1})) << "after the table has shrunk";
    EXPECT_FALSE(recent.contains({0, 0}));
}

TEST(RecentEvents, ForgetsTheOldestWhenThereAreTooMany) {
    RecentEvents recent{10min, 1'000};
    for (std::uint64_t i = 0; i < 5'000; ++i) {
        recent.insert({i, i * 0x9E3779B97F4A7C15U}, begin);
    }
    EXPECT_EQ(recent.size(), 1'000U);
    EXPECT_FALSE(recent.contains({3'999, 3'999 * 0x9E3779B97F4A7C15U}));
    EXPECT_TRUE(recent.contains({4'000, 4'000 * 0x9E3779B97F4A7C15U}));
    EXPECT_TRUE(recent.contains({4'999, 4'999 * 0x9E3779B97F4A7C15U}));
    recent.undo(5'000);
    EXPECT_EQ(recent.size(), 0U);
    EXPECT_FALSE(recent.contains({4'999, 4'999 * 0x9E3779B97F4A7C15U}));
}

TEST(RecentEvents, TakesNoMoreThan16MiBWhateverTheRate) {
    RecentEvents recent{10min};
    for (std::uint64_t i = 0; i < 2'000'000; ++i) {
        recent.insert({i, i * 0x9E3779B97F4A7C15U}, begin);
    }
    EXPECT_EQ(recent.size(), RecentEvents::default_limit);
    EXPECT_LE(recent.bytes(), std::size_t{16} << 20);
    EXPECT_TRUE(recent.contains({1'999'999, 1'999'999 * 0x9E3779B97F4A7C15U}));
    recent.expire(begin + 11min);
    EXPECT_EQ(recent.size(), 0U);
    EXPECT_LE(recent.bytes(), 64U * 1024) << "given back";
}

TEST(RecentEvents, CountsOnOverThe49DaysOf32BitsOfMilliseconds) {
    RecentEvents recent{10min};
    const auto turn = begin + 4'294'967'296ms - 1h - 1min;
    recent.insert({1, 1}, turn);
    recent.expire(turn + 9min);
    EXPECT_TRUE(recent.contains({1, 1}));
    recent.expire(turn + 11min);
    EXPECT_FALSE(recent.contains({1, 1}));
    recent.insert({2, 2}, turn);
    recent.expire(turn + 4'294'967'296ms);
    EXPECT_FALSE(recent.contains({2, 2})) << "forgotten after 49 days of silence";
}

} // namespace test
