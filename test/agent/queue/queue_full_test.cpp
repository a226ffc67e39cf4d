// The queue at its limits.
#include "test/support/storage_fixture.hpp"

namespace test {

class QueueFullTest : public Storage {
  protected:
    QueueFullTest() { config.queue.max_size = 2 << 20; }
    static NewEvent large(const std::string& id, std::size_t bytes = 100'000) {
        return event(id, {"1"}, "\"" + std::string(bytes, 'x') + "\"");
    }
    /// Adds events until one is refused. Returns how many were accepted.
    int fill() {
        for (int i = 0; i < 1'000; ++i) {
            const auto added = now().add({large("fill " + std::to_string(count_++))});
            if (!added) {
                EXPECT_EQ(added.error().fault, Fault::full);
                return i;
            }
        }
        ADD_FAILURE() << "never full";
        return 0;
    }
    bool run_prune() { return run(loop, now().queue.prune({})).has_value(); }
    std::uint64_t on_disk() {
        std::error_code absent;
        const auto wal = std::filesystem::file_size(config.queue.path + "-wal", absent);
        return std::filesystem::file_size(config.queue.path) + (absent ? 0 : wal);
    }

  private:
    int count_ = 0;
};

TEST_F(QueueFullTest, RefusesWhatDoesNotFit) {
    auto& run = start();
    const int before = fill();
    EXPECT_GT(before, 10);
    EXPECT_LE(on_disk(), config.queue.max_size);
    EXPECT_TRUE(run.queue.stats().full);
    EXPECT_FALSE(run.queue.stats().degraded);
    EXPECT_EQ(run.queue.pending("1"), static_cast<std::uint64_t>(before))
        << "what was accepted stays";
    EXPECT_EQ(run.take({event("for nobody", {})}).accepted, 1U) << "needs no room";
}

// Fault: the queue is full | an event that was refused is accepted later
TEST_F(QueueFullTest, ARefusedEventIsNotADuplicateLater) {
    auto& run = start();
    fill();
    const auto refused = run.add({large("again"), event("again too", {})});
    ASSERT_FALSE(refused);
    for (const auto& one : run.offered) {
        run.delivered(one);
    }
    clock.advance(2s);
    const auto accepted = run.take({large("again"), event("again too", {})});
    EXPECT_EQ(accepted.duplicates, 0U);
    EXPECT_EQ(accepted.deliveries, 1U);
    EXPECT_FALSE(run.queue.stats().full);
}

TEST_F(QueueFullTest, ARequestIsAcceptedCompletelyOrNotAtAll) {
    auto& run = start();
    std::vector<NewEvent> many;
    for (int i = 0; i < 30; ++i) {
        many.push_back(large("many " + std::to_string(i)));
    }
    const auto refused = run.add(std::move(many));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::full);
    EXPECT_EQ(run.events(), 0);
    EXPECT_EQ(run.take({large("small enough")}).deliveries, 1U);
}

TEST_F(QueueFullTest, OneRequestWithoutRoomDoesNotBlockTheOthersOfItsGroup) {
    auto& run = start();
    std::vector<bool> answers;
    for (const std::size_t size : {100'000U, 5'000'000U, 100'000U}) {
        std::vector<NewEvent> one;
        one.push_back(large(std::to_string(answers.size()) + std::to_string(size), size));
        common::asio::co_spawn(loop, run.queue.add(std::move(one)), [&answers](auto, auto result) {
            answers.push_back(result.has_value());
        });
    }
    clock.settle();
    EXPECT_EQ(answers, (std::vector<bool>{true, false, true}));
}

TEST_F(QueueFullTest, DeliveriesMakeRoom) {
    auto& run = start();
    for (int round = 0; round < 5; ++round) {
        SCOPED_TRACE(round);
        run.offered.clear();
        EXPECT_GT(fill(), 5);
        for (const auto& one : run.offered) {
            run.delivered(one);
        }
        clock.advance(2s);
        EXPECT_LE(on_disk(), config.queue.max_size + (1 << 20))
            << "deleting may exceed the limit, but not by much";
    }
}

TEST_F(QueueFullTest, DropsTheOldestIfAllowed) {
    config.queue.when_full = agent::WhenFull::drop_oldest;
    auto& run = start();
    for (int i = 0; i < 100; ++i) {
        ASSERT_EQ(run.take({large(std::to_string(i))}).deliveries, 1U) << i;
        ASSERT_LE(on_disk(), config.queue.max_size + (1 << 20)) << i;
    }
    const auto pending = run.queue.pending("1");
    EXPECT_GT(pending, 10U);
    EXPECT_LT(pending, 21U);
    EXPECT_EQ(run.stats.webhooks["1"].dropped, 100 - pending);
    const auto rows = run.list({});
    EXPECT_EQ(rows.front().event_id, std::to_string(100 - pending));
    EXPECT_EQ(rows.back().event_id, "99");
    std::vector<std::int64_t> told;
    for (const auto& edit : run.edits) {
        told.insert(told.end(), edit.ids.begin(), edit.ids.end());
    }
    ASSERT_EQ(told.size(), 100 - pending);
    EXPECT_EQ(told.front(), run.offered.front().id);
    EXPECT_FALSE(run.queue.stats().full);
}

TEST_F(QueueFullTest, StopsWhenNothingIsLeftToDrop) {
    config.queue.when_full = agent::WhenFull::drop_oldest;
    auto& run = start();
    run.take({large("pending")});
    run.take({large("done")});
    run.execute("CREATE TABLE ballast(bytes)");
    run.execute("INSERT INTO ballast VALUES(zeroblob(1000000))");
    run.pass();
    run.delivered(run.offered[1]);
    const auto too_much = run.add({large("more than may be dropped", 900'000)});
    ASSERT_FALSE(too_much);
    EXPECT_EQ(too_much.error().fault, Fault::full);
    EXPECT_EQ(run.queue.pending("1"), 1U) << "nothing is dropped for what does not fit anyway";
    run.pass();
    EXPECT_EQ(run.deliveries(), 1) << "what frees room is kept";
    const auto never = run.add({large("larger than all", 3 << 20)});
    ASSERT_FALSE(never);
    EXPECT_EQ(never.error().fault, Fault::full);
    EXPECT_EQ(run.queue.pending("1"), 1U);
}

/// Dead letters fill the queue; what can be delivered comes in all the same.
class DeadLettersTest : public QueueFullTest, public testing::WithParamInterface<agent::WhenFull> {
  protected:
    DeadLettersTest() { config.queue.when_full = GetParam(); }
    int bury(int count, std::size_t bytes = 100'000) {
        for (int i = 0; i < count; ++i) {
            now().take({large("dead " + std::to_string(i), bytes)});
            now().died(now().offered.back());
            now().pass();
        }
        return count;
    }
};

TEST_P(DeadLettersTest, AreTheFirstToGo) {
    auto& run = start();
    run.take({event("first", {"2"})});
    bury(30);
    EXPECT_GT(run.stats.webhooks["1"].dropped, 5U);
    EXPECT_EQ(run.queue.dead("1") + run.stats.webhooks["1"].dropped, 30U) << "counted";
    EXPECT_EQ(run.list({{}, DeliveryState::dead, "1"}).back().event_id, "dead 29")
        << "the oldest go first";
    for (int i = 0; i < 8; ++i) {
        ASSERT_EQ(run.take({large(std::to_string(i))}).deliveries, 1U) << i;
        ASSERT_LE(on_disk(), config.queue.max_size + (1 << 20)) << i;
    }
    EXPECT_EQ(run.queue.pending("1"), 8U);
    EXPECT_EQ(run.queue.pending("2"), 1U) << "no pending delivery goes before a dead letter";
    EXPECT_FALSE(run.queue.stats().full);
}

TEST_P(DeadLettersTest, StayWhereTheyWouldMakeNoRoom) {
    auto& run = start();
    const auto dead = bury(8);
    ASSERT_EQ(run.queue.dead("1"), 8U);
    const auto never = run.add({large("larger than all", 3 << 20)});
    ASSERT_FALSE(never);
    EXPECT_EQ(never.error().fault, Fault::full);
    EXPECT_EQ(run.queue.dead("1"), static_cast<std::uint64_t>(dead));
    run.take({large("fits without them", 800'000)});
    EXPECT_LT(run.queue.dead("1"), 8U);
}

TEST_P(DeadLettersTest, TheirEventStaysForWhatIsPending) {
    auto& run = start();
    for (int i = 0; i < 14; ++i) {
        run.take({event(std::to_string(i), {"1", "2"}, "\"" + std::string(100'000, 'x') + "\"")});
        const auto& to_one = run.offered[run.offered.size() - 2];
        ASSERT_EQ(to_one.webhook, "1");
        run.died(to_one);
        run.pass();
    }
    const auto pending = run.queue.pending("2");
    const auto added = run.add({large("too large", 700'000)});
    if (GetParam() == agent::WhenFull::reject) {
        EXPECT_FALSE(added);
        EXPECT_EQ(run.queue.pending("2"), pending);
        EXPECT_EQ(run.queue.dead("1"), pending) << "their bodies are still needed";
    }
    EXPECT_EQ(run.number("SELECT count(*) FROM event WHERE id NOT IN (SELECT id / 65536 FROM "
                         "delivery)"),
              0);
}

TEST_P(DeadLettersTest, TakeAQuarterOfTheQueueAtMost) {
    auto& run = start();
    bury(15);
    run.take({event("pending", {"2"})});
    ASSERT_TRUE(run_prune());
    EXPECT_LE(run.queue.dead("1"), 5U);
    EXPECT_GE(run.queue.dead("1"), 4U);
    EXPECT_EQ(run.queue.dead("1") + run.stats.webhooks["1"].dropped, 15U);
    EXPECT_EQ(run.queue.pending("2"), 1U);
}

INSTANTIATE_TEST_SUITE_P(WhenFull, DeadLettersTest,
                         testing::Values(agent::WhenFull::reject, agent::WhenFull::drop_oldest));

TEST_F(QueueFullTest, AFileSystemWithTooLittleSpaceIsFull) {
    auto& run = start();
    run.take({event("a", {"1"})});
    config.queue.min_free = UINT64_MAX / 2; // no disk has that
    const auto refused = run.add({event("c", {"1"})});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::full);
    EXPECT_TRUE(run.queue.stats().full);
    run.delivered(run.offered[0]);
    run.pass();
    EXPECT_EQ(run.deliveries(), 0) << "outcomes are still written";
    config.queue.min_free = 0;
    EXPECT_EQ(run.take({event("c", {"1"})}).deliveries, 1U);
    EXPECT_FALSE(run.queue.stats().full);
}

TEST_F(QueueFullTest, ReturnsSparePagesWhenTheDiskIsShort) {
    auto& run = start();
    fill();
    for (const auto& one : run.offered) {
        run.delivered(one);
    }
    run.pass();
    config.queue.min_free = UINT64_MAX / 2;
    clock.advance(1s);
    EXPECT_FALSE(run.add({event("c", {"1"})}));
    EXPECT_LT(on_disk(), 200'000U);
}

TEST_F(QueueFullTest, OnAFullDiskDropsAsMuchAsArrives) {
    config.queue.when_full = agent::WhenFull::drop_oldest;
    auto& run = start();
    for (int i = 0; i < 5; ++i) {
        run.take({event(std::to_string(i), {"1"})});
    }
    config.queue.min_free = UINT64_MAX / 2;
    clock.advance(1s);
    run.take({event("new", {"1"})});
    EXPECT_GE(run.queue.pending("1"), 4U);
    EXPECT_EQ(run.queue.pending("1") + run.stats.webhooks["1"].dropped, 6U);
    EXPECT_GE(run.stats.webhooks["1"].dropped, 1U);
}

} // namespace test
