// Which deliveries a run may handle after the ends of those before it.
#include "agent/queue/suspects.hpp"
#include "test/support/storage_fixture.hpp"

#include <gtest/gtest.h>

namespace test {
namespace {

using Ids = std::vector<std::int64_t>;

struct SuspectsTest : ::testing::Test {
    /// The next run. The one before ends as a killed process does, unless end() was called.
    void start() {
        suspects.emplace(clock);
        suspects->begin(folder.file("agent.db"));
        freed.clear();
        suspects->start(
            [this](const Ids& ids) { freed.insert(freed.end(), ids.begin(), ids.end()); });
    }
    void take(const Ids& ids) {
        for (const auto id : ids) {
            suspects->take(id);
        }
    }
    /// A run that dies of something that it did with these in hand.
    void die_with(const Ids& ids) {
        start();
        take(ids);
        agent::CrashNotes::note_own_signal();
    }
    /// A run that is killed from outside while it has these in hand.
    void be_killed_with(const Ids& ids) {
        start();
        take(ids);
    }
    [[nodiscard]] const Ids& convicted() const { return suspects->convicted(); }

    Folder folder;
    common::asio::io_context loop;
    TestClock clock{loop};
    std::optional<agent::Suspects> suspects;
    Ids freed;
};

TEST_F(SuspectsTest, AfterThreeEndsInARowItIsConvicted) {
    die_with({7});
    EXPECT_EQ(convicted(), Ids{});
    die_with({7});
    EXPECT_EQ(convicted(), Ids{});
    die_with({7});
    EXPECT_EQ(convicted(), Ids{});
    start();
    EXPECT_EQ(convicted(), Ids{7});
    EXPECT_EQ(suspects->left_out(), Ids{7});
    suspects->acquit();
    EXPECT_EQ(suspects->left_out(), Ids{}) << "it is a dead letter now, and may be retried";
}

TEST_F(SuspectsTest, UntilItIsADeadLetterItStaysConvicted) {
    for (int i = 0; i < 3; ++i) {
        die_with({7});
    }
    start();
    EXPECT_EQ(convicted(), Ids{7});
    start();
    EXPECT_EQ(convicted(), Ids{7});
}

TEST_F(SuspectsTest, ARowThatIsBeingReadIsInHand) {
    start();
    for (int i = 0; i < 2; ++i) {
        start();
        suspects->notes().reading(5);
        suspects->notes().reading(0);
        suspects->notes().reading(7);
    }
    start();
    EXPECT_EQ(convicted(), Ids{7});
}

TEST_F(SuspectsTest, ThoseThatWereInHandTogetherGoOneAtATime) {
    start();
    die_with({7, 8, 9});
    start();
    EXPECT_EQ(suspects->left_out(), (Ids{8, 9}));
    suspects->take(7);
    suspects->put_down(7);
    clock.advance(1ms);
    EXPECT_EQ(freed, Ids{8});
    EXPECT_EQ(suspects->left_out(), Ids{9});
    suspects->take(8);
    agent::CrashNotes::note_own_signal();
    start();
    EXPECT_EQ(convicted(), Ids{8}) << "7 did no harm, and 9 was not in hand";
    EXPECT_EQ(suspects->left_out(), Ids{8});
}

TEST_F(SuspectsTest, KillsFromOutsideSayNothingOfManyThatWereInHand) {
    for (int i = 0; i < 9; ++i) {
        be_killed_with({7, 8, 9});
        EXPECT_EQ(convicted(), Ids{});
        EXPECT_EQ(suspects->left_out(), Ids{});
    }
}

TEST_F(SuspectsTest, KillsFromOutsideCountForTheOnlyOneInHand) {
    for (int i = 0; i < 3; ++i) {
        be_killed_with({7});
    }
    start();
    EXPECT_EQ(convicted(), Ids{7});
}

TEST_F(SuspectsTest, AKillBetweenTwoCrashesTakesNothingBack) {
    die_with({7, 8});
    die_with({7, 8});
    be_killed_with({7, 9});
    EXPECT_EQ(convicted(), Ids{});
    die_with({7});
    start();
    EXPECT_EQ(convicted(), Ids{}) << "of the four ends two are known to be its fault";
}

TEST_F(SuspectsTest, WhatWaitsForItsAnswerForTwoSecondsHasDoneNoHarm) {
    start();
    die_with({7, 8});
    start();
    suspects->take(7);
    clock.advance(2s);
    EXPECT_EQ(freed, Ids{8});
    start();
    EXPECT_EQ(convicted(), Ids{});
}

TEST_F(SuspectsTest, OneWithNothingToDoLetsTheOthersGoFirst) {
    start();
    die_with({7, 8});
    start();
    clock.advance(5s);
    EXPECT_EQ(freed, Ids{8});
    EXPECT_EQ(suspects->left_out(), Ids{7});
}

TEST_F(SuspectsTest, APowerCutCountsForNothing) {
    for (int i = 0; i < 9; ++i) {
        die_with({7});
        clock.set_boot_id("boot-" + std::to_string(i + 2));
    }
    start();
    EXPECT_EQ(convicted(), Ids{});
    EXPECT_EQ(suspects->left_out(), Ids{});
}

TEST_F(SuspectsTest, NorDoesAnOrderlyStop) {
    for (int i = 0; i < 9; ++i) {
        die_with({7});
        suspects->end();
    }
    start();
    EXPECT_EQ(convicted(), Ids{});
}

TEST_F(SuspectsTest, NorDoEndsAMinuteApart) {
    for (int i = 0; i < 9; ++i) {
        die_with({7});
        clock.advance(60s);
        suspects->take(7);
    }
    start();
    EXPECT_EQ(convicted(), Ids{});
}

TEST_F(SuspectsTest, NothingIsWrittenForADeliveryBeforeAnEndThatWasNotInOrder) {
    start();
    const auto file = folder.file("agent.db-run");
    const auto before = contents(file);
    ASSERT_FALSE(before.empty());
    suspects->take(7);
    suspects->notes().reading(7);
    EXPECT_EQ(contents(file), before);
    suspects->end();
    EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_F(SuspectsTest, NotesThatCannotBeWrittenOrReadAreNone) {
    write(folder.file("agent.db-run"), "short");
    start();
    EXPECT_EQ(convicted(), Ids{});
    suspects.emplace(clock);
    suspects->begin(folder.file("no folder/agent.db"));
    suspects->take(7);
    suspects->put_down(7);
    suspects->end();
}

} // namespace
} // namespace test
