// Who may take one more connection, of all and of those of one target.
#include "agent/delivery/connection_share.hpp"

#include <gtest/gtest.h>

namespace agent {
namespace {

ConnectionUse use(std::initializer_list<std::pair<Pace, std::size_t>> attempts,
                  std::size_t retries = 0) {
    ConnectionUse made;
    for (const auto& [pace, count] : attempts) {
        made.add(pace, count, 0, 0);
    }
    made.add(Pace::prompt, 0, retries, 0);
    return made;
}

/// How many attempts of webhooks of that pace start, each the webhook's first or none of them.
std::size_t most(Pace pace, std::size_t limit, bool first) {
    std::size_t count = 0;
    while (all_allow(use({{pace, count}}), limit, {pace, first ? 0U : 1U, false})) {
        ++count;
    }
    return count;
}

TEST(ConnectionShare, TheSlowerTheLessOfAll) {
    struct Row {
        std::size_t limit;
        std::size_t silent, slow, slow_further, untried, untried_further, moderate, prompt;
    };
    for (const auto& row : {Row{64, 32, 48, 40, 56, 40, 62, 64}, Row{16, 8, 12, 10, 14, 10, 16, 16},
                            Row{8, 4, 6, 5, 7, 5, 8, 8}, Row{4, 2, 3, 2, 4, 2, 4, 4},
                            Row{2, 1, 1, 1, 2, 1, 2, 2}, Row{1, 1, 1, 1, 1, 1, 1, 1}}) {
        SCOPED_TRACE(row.limit);
        EXPECT_EQ(most(Pace::silent, row.limit, true), row.silent);
        EXPECT_EQ(most(Pace::silent, row.limit, false), row.silent);
        EXPECT_EQ(most(Pace::slow, row.limit, true), row.slow);
        EXPECT_EQ(most(Pace::slow, row.limit, false), row.slow_further);
        EXPECT_EQ(most(Pace::untried, row.limit, true), row.untried);
        EXPECT_EQ(most(Pace::untried, row.limit, false), row.untried_further);
        EXPECT_EQ(most(Pace::unproven, row.limit, true), row.limit - row.limit / 16);
        EXPECT_EQ(most(Pace::moderate, row.limit, false), row.moderate);
        EXPECT_EQ(most(Pace::prompt, row.limit, false), row.prompt);
    }
}

TEST(ConnectionShare, WorsePacesCountForTheBetterOnesAndNotTheOtherWayRound) {
    const ConnectionClaim slow{Pace::slow, 0, false};
    EXPECT_FALSE(all_allow(use({{Pace::silent, 24}, {Pace::slow, 24}}), 64, slow));
    EXPECT_TRUE(all_allow(use({{Pace::silent, 24}, {Pace::slow, 23}}), 64, slow));
    EXPECT_TRUE(all_allow(use({{Pace::prompt, 60}}), 64, slow)) << "prompt ones starve nobody";
    EXPECT_FALSE(all_allow(use({{Pace::prompt, 64}}), 64, slow));
}

TEST(ConnectionShare, AWorsePaceTakesNothingThatABetterOneMustLeave) {
    EXPECT_FALSE(all_allow(use({{Pace::untried, 60}}), 64, {Pace::silent, 0, false}));
    EXPECT_FALSE(target_allows(use({{Pace::slow, 3}}), 4, 11, {Pace::silent, 0, false}));
    EXPECT_TRUE(target_allows(use({{Pace::slow, 2}}), 4, 11, {Pace::silent, 0, false}));
}

TEST(ConnectionShare, OfOneTarget) {
    struct Row {
        const char* name;
        ConnectionUse target;
        std::size_t limit, webhooks;
        ConnectionClaim claim;
        bool allowed;
    };
    for (const auto& row : {
             Row{"the only webhook gets all", use({{Pace::slow, 3}}), 4, 1, {Pace::slow, 3}, true},
             Row{"and no more", use({{Pace::slow, 4}}), 4, 1, {Pace::slow, 4}, false},
             Row{"more in flight than a reload allows",
                 use({{Pace::slow, 4}}),
                 1,
                 1,
                 {Pace::slow, 4},
                 false},
             Row{"of two, none gets more than half",
                 use({{Pace::prompt, 2}}),
                 4,
                 2,
                 {Pace::prompt, 2},
                 false},
             Row{"but half", use({{Pace::prompt, 1}}), 4, 2, {Pace::prompt, 1}, true},
             Row{"half of three is one", use({{Pace::prompt, 1}}), 3, 2, {Pace::prompt, 1}, false},
             Row{"half of one is that one", use({}), 1, 2, {Pace::slow, 0}, true},
             Row{"slow ones leave one", use({{Pace::slow, 3}}), 4, 11, {Pace::slow, 0}, false},
             Row{"to a prompt one", use({{Pace::slow, 3}}), 4, 11, {Pace::prompt, 0}, true},
             Row{"also of two", use({{Pace::slow, 1}}), 2, 11, {Pace::slow, 0}, false},
             Row{"silent ones leave half",
                 use({{Pace::silent, 2}}),
                 4,
                 11,
                 {Pace::silent, 0},
                 false},
             Row{"untried ones leave one",
                 use({{Pace::untried, 3}}),
                 4,
                 11,
                 {Pace::untried, 0},
                 false},
             Row{"of few, untried ones leave none",
                 use({{Pace::untried, 1}}),
                 2,
                 2,
                 {Pace::untried, 0},
                 true},
             Row{"a third retry", use({{Pace::prompt, 2}}, 2), 4, 1, {Pace::prompt, 2, true}, true},
             Row{"the last one is for first attempts",
                 use({{Pace::prompt, 3}}, 3),
                 4,
                 1,
                 {Pace::prompt, 3, true},
                 false},
             Row{"and they get it",
                 use({{Pace::prompt, 3}}, 3),
                 4,
                 1,
                 {Pace::prompt, 3, false},
                 true},
             Row{"a retry beside first attempts",
                 use({{Pace::prompt, 3}}, 0),
                 4,
                 1,
                 {Pace::prompt, 3, true},
                 true},
             Row{"a retry on the only connection", use({}), 1, 1, {Pace::prompt, 0, true}, true},
         }) {
        EXPECT_EQ(target_allows(row.target, row.limit, row.webhooks, row.claim), row.allowed)
            << row.name;
    }
}

TEST(ConnectionShare, LargeEventsShareTheMemory) {
    constexpr std::size_t mib = std::size_t{1} << 20;
    struct Row {
        Pace held;
        std::size_t held_mib;
        Pace pace;
        std::size_t bytes;
        bool allowed;
    };
    for (const auto& row : {
             Row{Pace::prompt, 0, Pace::silent, 40 * mib, true},
             Row{Pace::silent, 4, Pace::silent, 4 * mib, true},
             Row{Pace::silent, 4, Pace::silent, 4 * mib + 1, false},
             Row{Pace::silent, 8, Pace::silent, mib / 4, true},
             Row{Pace::silent, 8, Pace::silent, mib / 4 + 1, false},
             Row{Pace::silent, 8, Pace::slow, 4 * mib, true},
             Row{Pace::silent, 8, Pace::slow, 5 * mib, false},
             Row{Pace::silent, 8, Pace::prompt, 8 * mib, true},
             Row{Pace::silent, 8, Pace::prompt, 9 * mib, false},
             Row{Pace::prompt, 14, Pace::silent, 9 * mib, true},
             Row{Pace::prompt, 14, Pace::prompt, 3 * mib, false},
         }) {
        ConnectionUse all;
        all.add(row.held, 1, 0, row.held_mib * mib);
        EXPECT_EQ(memory_allows(all, 64, row.pace, row.bytes), row.allowed)
            << static_cast<int>(row.held) << ' ' << row.held_mib << ' '
            << static_cast<int>(row.pace) << ' ' << row.bytes;
    }
}

TEST(ConnectionShare, ATargetLeavesAConnectionToTheOthers) {
    struct Limits {
        std::uint64_t connections, per_target;
        std::size_t target;
    };
    for (const auto& row : {Limits{64, 4, 4}, Limits{4, 4, 3}, Limits{2, 4, 1}, Limits{1, 4, 1},
                            Limits{64, 1, 1}, Limits{0, 0, 1}, Limits{64, 0, 1}, Limits{5, 4, 4}}) {
        EXPECT_EQ(target_connections(row.connections, row.per_target), row.target)
            << row.connections << " connections, " << row.per_target << " per target";
    }
}

} // namespace
} // namespace agent
