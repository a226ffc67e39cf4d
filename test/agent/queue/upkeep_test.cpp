// Upkeep: removed webhooks, deliveries and dead letters that grow old, files that shrink again.
#include "test/support/storage_fixture.hpp"

namespace test {

class UpkeepTest : public Storage {
  protected:
    void prune(const agent::Snapshot& snapshot = {}) {
        const auto done = test::run(loop, now().queue.prune(snapshot));
        ASSERT_TRUE(done) << done.error().message;
    }
    static agent::Snapshot
    with_max_age(const std::vector<std::pair<std::string, common::Millis>>& ages) {
        agent::Snapshot snapshot;
        for (const auto& [key, age] : ages) {
            auto one = webhook(key);
            one->settings.max_age = age;
            snapshot.webhooks.push_back(one);
        }
        return snapshot;
    }
};

TEST_F(UpkeepTest, BuriesDeliveriesOfRemovedWebhooks) {
    auto& run = start();
    run.take({event("a", {"1", "2"}), event("b", {"2"}), event("c", {"3"})});
    run.failed(run.offered[1], run.queue.queue_time() + 1'000);
    run.pass();
    EXPECT_EQ(test::run(loop, run.queue.bury_removed({"1", "3", "4"})).value(), 2U);
    EXPECT_EQ(run.queue.pending("2"), 0U);
    EXPECT_EQ(run.queue.dead("2"), 2U);
    EXPECT_EQ(run.stats.webhooks["2"].dead, 2U);
    const auto row = run.show(run.offered[1].id);
    ASSERT_TRUE(row);
    EXPECT_EQ(row->state, DeliveryState::dead);
    EXPECT_EQ(row->last_error, "webhook removed");
    ASSERT_EQ(run.edits.size(), 1U);
    EXPECT_EQ(run.edits[0].webhook, "2");
    EXPECT_EQ(test::run(loop, run.queue.bury_removed({"1", "3"})).value(), 0U);
    EXPECT_EQ(run.edits.size(), 1U) << "nothing changed, so no lane is told";
    // An attempt that was in flight all the time succeeds: the dead letter is gone.
    run.delivered(run.offered[1]);
    run.pass();
    EXPECT_EQ(run.queue.dead("2"), 1U);
}

TEST_F(UpkeepTest, RevivesTheDeliveriesOfAWebhookThatIsBack) {
    auto& run = start();
    run.take({event("a", {"1", "2"}), event("b", {"2"}), event("c", {"2"})});
    run.died(run.offered[3]); // for a reason of its own
    run.failed(run.offered[1], run.queue.queue_time() + 1'000, 3);
    run.pass();
    const auto known = [&](const std::vector<std::string>& keys) {
        return test::run(loop, run.queue.revive_known(keys)).value();
    };
    EXPECT_EQ(known({"1", "2"}), 0U) << "it did not die of a removal";
    EXPECT_TRUE(run.edits.empty());
    EXPECT_EQ(known({"1"}), 0U);
    ASSERT_EQ(test::run(loop, run.queue.bury_removed({"1"})).value(), 2U);
    EXPECT_EQ(run.queue.dead("2"), 3U);
    run.edits.clear();
    EXPECT_EQ(known({"1"}), 0U);
    EXPECT_TRUE(run.edits.empty());

    clock.advance(5s);
    EXPECT_EQ(known({"1", "2"}), 2U);
    EXPECT_EQ(run.queue.pending("2"), 2U);
    EXPECT_EQ(run.queue.dead("2"), 1U);
    EXPECT_EQ(run.number("SELECT count(*) FROM delivery WHERE webhook = '2' AND state = 0 AND "
                         "attempts = 0 AND last_error = ''"),
              2);
    ASSERT_EQ(run.edits.size(), 1U) << "the lane is told";
    EXPECT_EQ(run.edits[0].webhook, "2");
    EXPECT_EQ(run.due({"2"}).deliveries.size(), 2U);
    EXPECT_EQ(run.show(run.offered[3].id)->last_error, "500 Internal Server Error");
    EXPECT_EQ(known({"1", "2"}), 0U);
}

TEST_F(UpkeepTest, RevivesInStepsAndAfterARestart) {
    {
        auto& run = start();
        for (int batch = 0; batch < 3; ++batch) {
            std::vector<NewEvent> events;
            for (int i = 0; i < 900; ++i) {
                events.push_back(event(std::to_string(batch * 1'000 + i), {"1"}));
            }
            run.take(std::move(events));
        }
        ASSERT_EQ(test::run(loop, run.queue.bury_removed({})).value(), 2'700U);
    }
    auto& run = start();
    EXPECT_EQ(test::run(loop, run.queue.revive_known({"1"})).value(), 2'700U);
    EXPECT_EQ(run.queue.pending("1"), 2'700U);
    EXPECT_EQ(run.queue.dead("1"), 0U);
    EXPECT_EQ(run.queue.stats().oldest_ms.has_value(), true);
    EXPECT_EQ(start().queue.pending("1"), 2'700U) << "as on disk";
}

TEST_F(UpkeepTest, ARemovalThatIsTakenBackCostsNothing) {
    auto& run = start();
    run.take({event("a", {"1"})});
    agent::KnownWebhooks known{std::make_shared<const agent::Snapshot>(with_max_age({{"1", 0s}})),
                               true};
    common::TaskGroup upkeep{loop.get_executor()};
    upkeep.spawn("upkeep", run.queue.run_upkeep([&] { return known; }));
    const auto with = known.snapshot;
    clock.advance(10s);
    EXPECT_EQ(run.queue.pending("1"), 1U);
    for (int round = 0; round < 3; ++round) {
        known.snapshot = std::make_shared<const agent::Snapshot>();
        run.queue.run_upkeep_now();
        clock.settle();
        EXPECT_EQ(run.queue.dead("1"), 1U);
        known.snapshot = with;
        run.queue.run_upkeep_now();
        clock.settle();
        EXPECT_EQ(run.queue.pending("1"), 1U);
        EXPECT_EQ(run.queue.dead("1"), 0U);
    }
    upkeep.cancel();
    clock.settle();
}

TEST_F(UpkeepTest, ForgetsOldDeadLetters) {
    config.queue.keep_dead = 24h;
    auto& run = start();
    run.take({event("a", {"1"}), event("b", {"1"})});
    clock.advance(48h);
    run.died(run.offered[0]);
    run.pass();
    clock.advance(23h);
    prune();
    EXPECT_EQ(run.queue.dead("1"), 1U) << "counted from when it died";
    clock.advance(1h);
    prune();
    EXPECT_EQ(run.queue.dead("1"), 0U);
    EXPECT_EQ(run.events(), 1);
    EXPECT_EQ(run.queue.pending("1"), 1U);
}

TEST_F(UpkeepTest, KeepsTenThousandDeadLettersAtMost) {
    auto& run = start();
    for (int batch = 0; batch < 11; ++batch) {
        std::vector<NewEvent> events;
        for (int i = 0; i < 1'000; ++i) {
            events.push_back(event(std::to_string(batch * 1'000 + i), {"1"}));
        }
        run.take(std::move(events));
    }
    ASSERT_EQ(test::run(loop, run.queue.bury_removed({})).value(), 11'000U);
    prune();
    EXPECT_EQ(run.queue.dead("1"), 10'000U);
    EXPECT_EQ(run.deliveries(), 10'000);
    EXPECT_EQ(run.list({})[0].event_id, "1000") << "the oldest are deleted";
}

TEST_F(UpkeepTest, ExpiresByTheAgeOfTheEvent) {
    auto& run = start();
    run.take({event("old", {"door", "gate"}), event("retry", {"door"})});
    run.failed(run.offered[2], run.queue.queue_time() + 3'600'000);
    clock.advance(5s);
    run.take({event("young", {"door"})});
    clock.advance(5s);
    prune(with_max_age({{"door", 11s}}));
    EXPECT_EQ(run.queue.pending("door"), 3U);
    clock.advance(2s);
    prune(with_max_age({{"door", 11s}, {"gate", 0s}}));
    EXPECT_EQ(run.queue.pending("door"), 1U);
    EXPECT_EQ(run.queue.pending("gate"), 1U) << "0: never";
    EXPECT_EQ(run.stats.webhooks["door"].expired, 2U);
    ASSERT_EQ(run.edits.size(), 1U);
    EXPECT_EQ(run.edits[0].ids, (std::vector<std::int64_t>{run.offered[0].id, run.offered[2].id}));
    clock.advance(5s);
    prune(with_max_age({{"door", 11s}, {"gate", 1s}}));
    EXPECT_EQ(run.queue.stats().pending, 0U);
    EXPECT_EQ(run.events(), 0);
}

TEST_F(UpkeepTest, ExpiresWhatBecamePendingAgain) {
    auto& run = start();
    run.take({event("a", {"door"}), event("b", {"door"})});
    run.died(run.offered[0]);
    clock.advance(10s);
    prune(with_max_age({{"door", 5s}}));
    EXPECT_EQ(run.queue.pending("door"), 0U);
    EXPECT_EQ(run.queue.dead("door"), 1U) << "a dead letter does not expire";
    EXPECT_EQ(run.edit(Edit::retry, {}), 1U);
    prune(with_max_age({{"door", 5s}}));
    EXPECT_EQ(run.queue.pending("door"), 0U);
}

TEST_F(UpkeepTest, ExpiresManyInSteps) {
    auto& run = start();
    std::vector<NewEvent> events;
    for (int i = 0; i < 2'500; ++i) {
        events.push_back(event(std::to_string(i), {i % 2 == 0 ? "even" : "odd"}));
    }
    run.take(std::move(events));
    clock.advance(10s);
    prune(with_max_age({{"even", 5s}}));
    EXPECT_EQ(run.queue.pending("even"), 0U);
    EXPECT_EQ(run.queue.pending("odd"), 1'250U);
}

TEST_F(UpkeepTest, GivesPagesBackWhenTheQueueHasDrained) {
    auto& run = start();
    for (int i = 0; i < 10; ++i) {
        run.take({event(std::to_string(i), {"1"}, "\"" + std::string(2 << 20, 'x') + "\"")});
    }
    const auto large = run.queue.stats().bytes;
    EXPECT_GT(large, 20U << 20);
    for (const auto& one : run.offered) {
        run.delivered(one);
    }
    run.pass();
    EXPECT_GE(run.queue.stats().bytes, 20U << 20) << "free pages are still in the file";
    prune();
    EXPECT_LT(run.queue.stats().bytes, 5U << 20);
    EXPECT_LT(std::filesystem::file_size(config.queue.path), 5U << 20);
    EXPECT_EQ(std::filesystem::file_size(config.queue.path + "-wal"), 0U);
}

TEST_F(UpkeepTest, RunsEveryTenSecondsAndWhenAsked) {
    auto& run = start();
    run.take({event("a", {"removed"}), event("b", {"kept"})});
    agent::KnownWebhooks known{
        std::make_shared<const agent::Snapshot>(with_max_age({{"kept", 15s}})), false};
    common::TaskGroup upkeep{loop.get_executor()};
    upkeep.spawn("upkeep", run.queue.run_upkeep([&] { return known; }));
    clock.advance(10s);
    EXPECT_EQ(run.queue.dead("removed"), 0U) << "not all webhooks are known yet";
    EXPECT_EQ(run.queue.pending("kept"), 1U);
    known.complete = true;
    clock.advance(9'999ms);
    EXPECT_EQ(run.queue.dead("removed"), 0U);
    clock.advance(1ms);
    EXPECT_EQ(run.queue.dead("removed"), 1U);
    EXPECT_EQ(run.queue.pending("kept"), 0U) << "expired";
    run.take({event("c", {"removed"})});
    run.queue.run_upkeep_now();
    clock.settle();
    EXPECT_EQ(run.queue.dead("removed"), 2U);
    upkeep.cancel();
    clock.settle();
    EXPECT_EQ(upkeep.size(), 0U);
}

TEST_F(UpkeepTest, DoesNothingWhileTheDatabaseIsDegraded) {
    auto& run = start();
    run.execute("CREATE TRIGGER refuse BEFORE INSERT ON fresh_event BEGIN SELECT RAISE(ABORT, "
                "'refused'); END");
    EXPECT_FALSE(run.add({event("a", {"1"})}));
    const auto pruned = test::run(loop, run.queue.prune({}));
    ASSERT_FALSE(pruned);
    EXPECT_EQ(pruned.error().fault, Fault::storage);
}

} // namespace test
