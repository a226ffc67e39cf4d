// Faults that trials once found in the agent, each in a world of its own. Kinds A (data is lost)
// and C (it stops): what is right here was wrong before.

#include "test/simulation/world.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using common::HttpReply;
using common::Millis;
using simulation::Death;
using simulation::Manner;
using simulation::Plan;
using simulation::World;

Plan quiet(const std::string& delivery = "", const std::string& queue = "") {
    Plan plan;
    plan.page_size = 100;
    plan.ini = "[server]\nurl = http://findface.example\nusername = agent\n"
               "password_file = password\nsync_interval = 5s\n[delivery]\n" +
               delivery + "[queue]\nmin_free = 0\n" + queue;
    return plan;
}

class Scenario : public testing::Test {
  protected:
    explicit Scenario(const Plan& plan = quiet()) : world{7, plan, "error"} {}

    std::string webhook(int target, unsigned send_attempts = 0) {
        return world.definitions().add({target, {}, send_attempts, true, true});
    }
    void post(int count, std::size_t bytes = 100) {
        for (int i = 0; i < count; ++i) {
            world.post(1, bytes);
            world.pass(20ms);
        }
    }
    void start() {
        world.start();
        world.pass(1s); // the list of webhooks
    }
    /// Dies and comes back.
    void die() {
        world.kill(Death::process);
        world.start();
    }

    World world;
};

// Fault: the process or the board dies during a salvage | the next start goes on with it
TEST_F(Scenario, ASalvageThatIsCutOffGoesOn) {
    webhook(0);
    start();
    world.network().behave(0, Manner::refusing);
    post(300);
    world.kill(Death::process);
    ASSERT_TRUE(world.disk().spoil_page());
    world.ledger().damaged();
    for (const auto calls : {5U, 20U, 60U, 120U, 250U, 400U}) {
        world.disk().die_after(calls, calls % 40 == 0 ? Death::power : Death::process);
        world.start();
        world.kill(Death::process);
    }
    world.start();
    world.finish();
}

// Fault: damaged files | what is only in the WAL is read
TEST_F(Scenario, AWalWithoutItsDatabaseIsRead) {
    webhook(0);
    start();
    world.network().behave(0, Manner::refusing);
    post(50);
    world.kill(Death::process);
    world.disk().resize("agent.db", 0);
    world.start();
    world.finish();
    EXPECT_EQ(world.ledger().delivered(), 50U);
}

// Fault: damaged files | what follows the damage in the WAL is read
TEST_F(Scenario, FramesAfterADamagedOneAreRead) {
    webhook(0);
    start();
    world.network().behave(0, Manner::refusing);
    post(50);
    world.kill(Death::process);
    world.disk().overwrite("agent.db-wal", 32 + 30 * 4120 + 24, std::string(64, '?'));
    world.ledger().damaged();
    world.start();
    world.finish();
    EXPECT_GE(world.ledger().delivered(), 49U);
}

// Fault: the device is short of descriptors, memory or lookups | that is no attempt
TEST_F(Scenario, AnOwnShortageUsesUpNoAttempt) {
    webhook(0, 3);
    start();
    world.network().behave(0, Manner::short_of);
    post(10);
    world.pass(10min);
    world.finish(); // no row may be dead
    EXPECT_EQ(world.ledger().delivered(), 10U);
}

// Fault: wrong clock | a certificate that is not valid yet costs no attempt
TEST_F(Scenario, ACertificateThatIsTooNewForAWrongClockUsesUpNoAttempt) {
    webhook(0, 1);
    start();
    world.clock().set_synchronized(false);
    world.network().behave(0, Manner::too_early);
    post(10);
    world.pass(1h);
    world.clock().set_synchronized(true);
    world.finish();
    EXPECT_EQ(world.ledger().delivered(), 10U);
}

// Fault: the server's list moves or breaks off while it is read | no webhook counts as removed
TEST_F(Scenario, AWebhookThatMovesToAnotherPageIsNotRemoved) {
    const auto first = webhook(0);
    for (int i = 0; i < 5; ++i) {
        webhook(1);
    }
    world.network().page_size(2);
    start();
    world.network().behave(1, Manner::refusing);
    post(5);
    // Somewhere within the next reading of three pages.
    for (int moment = 0; moment < 60 && world.definitions().has(first); ++moment) {
        world.pass(Millis{4'000 + moment * 7});
        world.definitions().remove(first);
    }
    world.pass(1min);
    world.finish(); // no delivery of the others may be dead
    EXPECT_EQ(world.ledger().open(), 0U);
}

// Fault: the server's list moves or breaks off while it is read | no webhook counts as removed
TEST_F(Scenario, AListThatBreaksOffRemovesNothing) {
    for (int i = 0; i < 6; ++i) {
        webhook(1);
    }
    world.network().page_size(4);
    start();
    world.network().behave(1, Manner::refusing);
    post(5);
    world.network().fail(simulation::ServerFault::cut);
    world.pass(10min);
    world.finish();
    EXPECT_EQ(world.ledger().open(), 0U);
}

// Fault: the disk is read-only or fails | what can be read is delivered, once
TEST_F(Scenario, WhatIsPendingIsDeliveredFromADiskThatIsReadOnly) {
    webhook(0);
    start();
    world.network().behave(0, Manner::refusing);
    post(200);
    world.ledger().disk_fails(true);
    world.disk().faults.read_only = true;
    world.network().behave(0, Manner::fine);
    world.pass(10min);
    EXPECT_EQ(world.ledger().open(), 0U) << "while the disk was read-only";
    world.finish();
}

// Fault: the disk is read-only or fails | what can be read is delivered, also from the start on
TEST_F(Scenario, TheQueueIsReadThoughItsDiskCannotBeWrittenAtTheStart) {
    webhook(0);
    start();
    world.network().behave(0, Manner::refusing);
    post(50);
    world.kill(Death::process);
    world.ledger().disk_fails(true);
    world.disk().faults.read_only = true;
    world.network().behave(0, Manner::fine);
    world.start();
    world.pass(10min);
    EXPECT_EQ(world.ledger().open(), 0U) << "while the disk was read-only";
    world.finish();
}

class FullOfDead : public Scenario {
  protected:
    FullOfDead() : Scenario{quiet("", "max_size = 2MiB\n")} {}
};

// Fault: the queue is full | dead letters make room first
TEST_F(FullOfDead, DeadLettersTakeNoRoomFromWhatCanBeDelivered) {
    const auto fine = webhook(0);
    webhook(1, 1);
    start();
    world.network().behave(1, Manner::failing);
    for (int i = 0; i < 400; ++i) {
        const auto before = world.ledger().duties();
        world.post(1, 20'000);
        world.pass(500ms);
        ASSERT_EQ(world.last_status(), 202U) << "event " << i;
        ASSERT_EQ(world.ledger().duties(), before + 2);
    }
    EXPECT_LT(world.ledger().longest_wait(fine), 1s);
}

// Fault: targets that hang or are slow | others are not delayed
TEST_F(Scenario, SlowTargetsDelayAFastOneLittle) {
    const auto fast = webhook(0);
    for (int i = 0; i < 40; ++i) {
        webhook(1 + i % 4);
    }
    start();
    for (int target = 1; target < simulation::targets; ++target) {
        world.network().behave(target, target % 2 == 0 ? Manner::hanging : Manner::slow);
    }
    for (int i = 0; i < 120; ++i) {
        world.post(1);
        world.pass(1s);
    }
    EXPECT_LT(world.ledger().longest_wait(fast), 500ms);
}

// Fault: targets that hang or are slow | nor other webhooks of the same target
TEST_F(Scenario, AHangingPathDelaysItsNeighbourLittle) {
    const auto door = webhook(0);
    const auto other = webhook(0);
    start();
    world.network().behave_path(other, Manner::hanging);
    post(1);
    world.pass(1min); // what hangs is known by now
    (void)world.ledger().longest_wait(door);
    for (int i = 0; i < 40; ++i) {
        world.post(1);
        world.pass(1s);
    }
    EXPECT_LT(world.ledger().longest_wait(door), 500ms);
}

// Fault: the device is short of descriptors, memory or lookups | a probe not made is not the last
TEST_F(Scenario, AProbeThatThisDeviceCannotMakeIsNotTheLast) {
    webhook(0);
    start();
    world.network().behave(0, Manner::refusing);
    post(3);
    world.pass(5s);
    world.network().lack(true);
    world.pass(2min);
    world.finish();
    EXPECT_EQ(world.ledger().delivered(), 3U);
}

class OneConnection : public Scenario {
  protected:
    OneConnection() : Scenario{quiet("connections = 1\ntimeout = 3s\n")} {}
};

// Fault: targets that hang or are slow | one connection is enough for the others
TEST_F(OneConnection, OneHangingTargetDoesNotTakeItForGood) {
    const auto fine = webhook(0);
    webhook(1);
    start();
    world.network().behave(1, Manner::hanging);
    for (int i = 0; i < 60; ++i) {
        world.post(1);
        world.pass(10s);
    }
    EXPECT_LT(world.ledger().longest_wait(fine), 4s); // one time-out
    world.finish();
}

// Fault: a mistake of an operator | a call that destroys needs a selection
TEST_F(Scenario, DropWithoutASelectionDropsNothing) {
    webhook(0);
    start();
    world.network().behave(0, Manner::refusing);
    post(10);
    for (const auto* body : {"", "{}", R"({"state":null})"}) {
        unsigned status = 0;
        world.call("POST", "/v1/deliveries/drop", "", body,
                   [&](const HttpReply& reply) { status = reply.status; });
        world.pass(1s);
        EXPECT_EQ(status, 400U) << body;
    }
    world.finish();
    EXPECT_EQ(world.ledger().delivered(), 10U);
}

} // namespace
