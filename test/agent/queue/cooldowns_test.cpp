#include "agent/queue/cooldowns.hpp"

#include "test/support/storage_fixture.hpp"

namespace test {

using agent::Cooldowns;

TEST(Cooldowns, OneDeliveryPerValueAndSpan) {
    Cooldowns cooldowns;
    EXPECT_TRUE(cooldowns.start("door", "card 5", 1'000, 100));
    EXPECT_FALSE(cooldowns.start("door", "card 5", 1'000, 1'099));
    EXPECT_TRUE(cooldowns.start("door", "card 6", 1'000, 100));
    EXPECT_TRUE(cooldowns.start("gate", "card 5", 1'000, 100));
    EXPECT_TRUE(cooldowns.start("door", "card 5", 1'000, 1'100));
    EXPECT_FALSE(cooldowns.start("door", "card 5", 1'000, 2'099))
        << "the span runs from the last delivery";
}

TEST(Cooldowns, UndoesWhatIsNotKept) {
    Cooldowns cooldowns;
    cooldowns.start("door", "a", 1'000, 0);
    cooldowns.keep();
    EXPECT_TRUE(cooldowns.marks().empty());
    cooldowns.start("door", "a", 1'000, 1'000);
    const auto first = cooldowns.started();
    cooldowns.start("door", "b", 1'000, 1'000);
    ASSERT_EQ(cooldowns.marks().size(), 2U);
    EXPECT_EQ(cooldowns.marks()[0].until, 2'000);
    EXPECT_EQ(cooldowns.marks()[1].value, "b");
    cooldowns.undo(first);
    EXPECT_FALSE(cooldowns.start("door", "a", 1'000, 1'500));
    EXPECT_TRUE(cooldowns.start("door", "b", 1'000, 1'500));
    cooldowns.undo();
    EXPECT_FALSE(cooldowns.start("door", "a", 1'000, 999)) << "as kept before";
    EXPECT_TRUE(cooldowns.start("door", "a", 1'000, 1'000));
}

TEST(Cooldowns, ForgetsWhatIsOver) {
    Cooldowns cooldowns;
    cooldowns.load({{"door", "a", 1'000}, {"door", "b", 2'000}});
    EXPECT_FALSE(cooldowns.expire(999));
    EXPECT_TRUE(cooldowns.expire(1'000));
    EXPECT_EQ(cooldowns.size(), 1U);
    EXPECT_FALSE(cooldowns.start("door", "b", 1'000, 1'999));
}

class CooldownTest : public Storage {
  protected:
    NewEvent with_cooldown(const std::string& id, const std::optional<std::string>& value,
                           common::Millis span = 10s) {
        auto made = event(id, {});
        auto to = webhook("door");
        to->settings.cooldown = span;
        made.deliveries.push_back({to, value});
        return made;
    }
};

TEST_F(CooldownTest, SuppressesAndCounts) {
    auto& run = start();
    auto accepted =
        run.take({with_cooldown("a", "5"), with_cooldown("b", "5"), with_cooldown("c", "6")});
    EXPECT_EQ(accepted.accepted, 3U);
    EXPECT_EQ(accepted.deliveries, 2U);
    EXPECT_EQ(run.stats.webhooks["door"].suppressed, 1U);
    EXPECT_EQ(run.take({with_cooldown("d", std::nullopt)}).deliveries, 1U)
        << "an event that lacks the key is never suppressed";
    clock.advance(9'999ms);
    EXPECT_EQ(run.take({with_cooldown("e", "5")}).deliveries, 0U);
    clock.advance(1ms);
    EXPECT_EQ(run.take({with_cooldown("f", "5")}).deliveries, 1U);
    EXPECT_EQ(run.take({with_cooldown("b", "5")}).duplicates, 1U)
        << "a suppressed event was accepted nevertheless";
    EXPECT_EQ(run.stats.webhooks["door"].suppressed, 2U)
        << "a duplicate does not count as suppressed";
}

TEST_F(CooldownTest, SurvivesARestart) {
    start().take({with_cooldown("a", "5")});
    auto& run = start();
    EXPECT_EQ(run.take({with_cooldown("b", "5")}).deliveries, 0U);
    clock.advance(10s);
    EXPECT_EQ(run.take({with_cooldown("c", "5")}).deliveries, 1U);
}

TEST_F(CooldownTest, UpkeepForgetsThemOnDisk) {
    auto& run = start();
    run.take({with_cooldown("a", "5"), with_cooldown("b", "6", 60s)});
    clock.advance(11s);
    ASSERT_TRUE(test::run(loop, run.queue.prune({})));
    EXPECT_EQ(run.number("SELECT count(*) FROM cooldown"), 1);
}

TEST_F(CooldownTest, AFailedCommitStartsNone) {
    auto& run = start();
    run.execute("CREATE TRIGGER refuse BEFORE INSERT ON fresh_event BEGIN SELECT RAISE(ABORT, "
                "'refused'); END");
    EXPECT_FALSE(run.add({with_cooldown("a", "5")}));
    run.execute("DROP TRIGGER refuse");
    clock.advance(1s);
    EXPECT_EQ(run.take({with_cooldown("b", "5")}).deliveries, 1U);
    EXPECT_EQ(run.stats.webhooks["door"].suppressed, 0U);
}

} // namespace test
