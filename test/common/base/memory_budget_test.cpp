#include "common/base/memory_budget.hpp"

#include <gtest/gtest.h>
#include <limits>
#include <optional>

namespace common {
namespace {

using Rank = MemoryBudget::Rank;
using Share = MemoryBudget::Share;

TEST(MemoryBudget, GivesWhatFits) {
    struct Case {
        const char* what;
        std::size_t others, held, wanted;
        Rank rank;
        bool fits;
    };
    constexpr auto most = std::numeric_limits<std::size_t>::max();
    for (const auto& [what, others, held, wanted, rank, fits] : {
             Case{"all of an empty budget", 0, 0, 80, Rank::ordinary, true},
             Case{"the reserve", 0, 0, 81, Rank::ordinary, false},
             Case{"the reserve, trusted", 0, 0, 100, Rank::trusted, true},
             Case{"more than all, trusted", 0, 0, 101, Rank::trusted, false},
             Case{"what others leave", 50, 0, 30, Rank::ordinary, true},
             Case{"more than others leave", 50, 0, 31, Rank::ordinary, false},
             Case{"growing by what is left", 50, 20, 30, Rank::ordinary, true},
             Case{"growing by more", 50, 20, 31, Rank::ordinary, false},
             Case{"nothing from a full budget", 80, 0, 0, Rank::ordinary, true},
             Case{"less than before", 80, 0, 0, Rank::ordinary, true},
             Case{"anything beside the reserve in use", 90, 0, 1, Rank::ordinary, false},
             Case{"less, beside the reserve in use", 90, 10, 9, Rank::ordinary, true},
             Case{"an amount that overflows", 50, 20, most, Rank::trusted, false},
         }) {
        MemoryBudget budget{100, 20};
        Share other{budget};
        Share share{budget};
        ASSERT_TRUE(other.resize(others, Rank::trusted)) << what;
        ASSERT_TRUE(share.resize(held, Rank::trusted)) << what;
        EXPECT_EQ(share.resize(wanted, rank), fits) << what;
        EXPECT_EQ(share.bytes(), fits ? wanted : held) << what;
        EXPECT_EQ(budget.used(), others + share.bytes()) << what;
    }
}

TEST(MemoryBudget, HasBackWhatAShareHeld) {
    MemoryBudget budget{100, 0};
    std::optional<Share> share;
    share.emplace(budget);
    ASSERT_TRUE(share->resize(60));
    share->release();
    EXPECT_EQ(budget.used(), 0U);
    ASSERT_TRUE(share->resize(70));
    share.reset();
    EXPECT_EQ(budget.used(), 0U);
}

TEST(MemoryBudget, BearsALimitBelowWhatIsHeld) {
    MemoryBudget budget{100, 20};
    Share share{budget};
    ASSERT_TRUE(share.resize(80));
    budget.set_limit(50, 60);
    EXPECT_EQ(budget.limit(Rank::ordinary), 0U);
    EXPECT_FALSE(share.resize(81, Rank::trusted));
    EXPECT_TRUE(share.resize(40, Rank::ordinary)) << "less is always allowed";
    EXPECT_EQ(budget.used(), 40U);
}

} // namespace
} // namespace common
