#include "agent/queue/space.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace test {

using agent::Space;

namespace {

constexpr std::uint64_t kib = 1024, mib = 1024 * kib;
constexpr std::int64_t overhead = 64 * 1024;
constexpr auto no_limit = UINT64_MAX;

} // namespace

TEST(Space, IsWhatTheTighterLimitLeaves) {
    struct Row {
        const char* name;
        Space space;
        std::int64_t size_room, disk_room;
    };
    const std::vector<Row> rows{
        {"empty", {{}, 10 * mib, 1 * mib, 20 * mib}, 10 * mib, 19 * mib},
        {"pages in use and the WAL count",
         {{4 * mib, 0, 1 * mib, 0}, 10 * mib, 0, 20 * mib},
         5 * mib,
         20 * mib},
        {"spare pages do not", {{4 * mib, 3 * mib, 0, 0}, 10 * mib, 0, 1 * mib}, 6 * mib, 1 * mib},
        {"max_size was lowered",
         {{4 * mib, 0, 0, 0}, 3 * mib, 0, 9 * mib},
         -static_cast<std::int64_t>(mib),
         9 * mib},
        {"the disk has less than min_free",
         {{}, 10 * mib, 5 * mib, 2 * mib},
         10 * mib,
         -3 * static_cast<std::int64_t>(mib)},
        {"the WAL will make the file grow",
         {{4 * mib, 0, 1 * mib, 1 * mib}, 10 * mib, 1 * mib, 3 * mib},
         5 * mib,
         1 * mib},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.name);
        EXPECT_EQ(row.space.size_room(), row.size_room);
        EXPECT_EQ(row.space.disk_room(), row.disk_room);
        EXPECT_EQ(row.space.room(), std::min(row.size_room, row.disk_room));
        EXPECT_EQ(row.space.disk_is_tighter(), row.disk_room < row.size_room);
    }
}

TEST(Space, DoesNotOverflowAtTheLimits) {
    EXPECT_GT((Space{{}, mib, 0, no_limit}.disk_room()), std::int64_t{1} << 60)
        << "free space that cannot be measured";
    EXPECT_LT((Space{{}, mib, no_limit, 0}.disk_room()), 0);
    EXPECT_LT((Space{{0, 0, 0, no_limit}, mib, no_limit, 0}.disk_room()), 0);
}

TEST(Space, CostAndItsReverseAgree) {
    EXPECT_EQ(Space::cost(0), 0);
    EXPECT_EQ(Space::cost(100), 200 + overhead);
    EXPECT_EQ(Space::rows_within(-5), 0U);
    EXPECT_EQ(Space::rows_within(overhead), 0U);
    EXPECT_EQ(Space::rows_within(overhead + 201), 100U);
    for (const auto room : std::vector<std::int64_t>{overhead + 2, overhead + 3, 123'456'789}) {
        SCOPED_TRACE(room);
        const auto rows = Space::rows_within(room);
        EXPECT_LE(Space::cost(rows), room);
        EXPECT_GT(Space::cost(rows + 1), room);
    }
}

TEST(Space, FitsUpToTheLastByte) {
    const Space space{{}, 100 * kib, 0, no_limit};
    const auto most = Space::rows_within(space.room());
    EXPECT_TRUE(space.fits(most));
    EXPECT_FALSE(space.fits(most + 1));
    EXPECT_TRUE((Space{{}, 0, 0, no_limit}.fits(0))) << "what needs no row always fits";
}

TEST(Space, DropsWhatIsLackingAndNoMore) {
    const auto row = static_cast<std::int64_t>(100 * kib);
    const auto cost = Space::cost(100 * kib);
    struct Row {
        const char* name;
        Space space;
        std::int64_t to_drop;
    };
    const std::vector<Row> rows{
        {"there is room", {{}, 10 * mib, 0, no_limit}, 0},
        {"max_size is reached", {{10 * mib, 0, 0, 0}, 10 * mib, 0, no_limit}, cost},
        {"a part is free",
         {{10 * mib - 50 * kib, 0, 0, 0}, 10 * mib, 0, no_limit},
         cost - static_cast<std::int64_t>(50 * kib)},
        {"max_size was lowered a lot: step by step",
         {{100 * mib, 0, 0, 0}, 10 * mib, 0, no_limit},
         cost + static_cast<std::int64_t>(8 * mib)},
        {"others fill the disk: as much as comes", {{1 * mib, 0, 0, 0}, 10 * mib, 5 * mib, 0}, row},
    };
    for (const auto& one : rows) {
        SCOPED_TRACE(one.name);
        EXPECT_EQ(one.space.to_drop(100 * kib), static_cast<std::uint64_t>(one.to_drop));
    }
}

TEST(Space, SaysWhetherShrinkingHelps) {
    struct Row {
        const char* name;
        Space space;
        bool worth_it;
    };
    const std::vector<Row> rows{
        {"nothing to give", {{mib, 0, 0, 0}, mib, 0, no_limit}, false},
        {"a small WAL", {{mib, 0, 63 * kib, 0}, mib, 0, no_limit}, false},
        {"a large WAL", {{mib, 0, 64 * kib, 0}, mib, 0, no_limit}, true},
        {"spare pages are used again", {{mib, mib, 0, 0}, mib, 0, no_limit}, false},
        {"unless the disk is short", {{mib, mib, 0, 0}, 9 * mib, 0, 0}, true},
        {"a small WAL on a short disk", {{mib, 0, 1, 0}, 9 * mib, 0, 0}, true},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.name);
        EXPECT_EQ(row.space.worth_shrinking(), row.worth_it);
    }
}

} // namespace test
