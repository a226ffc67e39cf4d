#include "agent/service/guarded_client.hpp"

#include "agent/store/queue_lock.hpp"
#include "test/support/fake_http.hpp"
#include "test/support/program.hpp"
#include "test/support/test_clock.hpp"

#include <filesystem>
#include <gtest/gtest.h>

namespace {

using agent::QueueLock;
using common::Fault;
using common::Millis;
using test::FakeHttp;

struct GuardedClient : testing::Test {
    GuardedClient() { EXPECT_TRUE(lock.take(path)); }
    /// "sent", or why not.
    std::string send() {
        const auto before = http.requests().size();
        const auto reply = test::run(loop, client.send({}));
        EXPECT_EQ(http.requests().size(), before + (reply ? 1 : 0));
        EXPECT_TRUE(reply || reply.error().fault == Fault::own);
        return reply ? "sent" : reply.error().message;
    }
    void remove_lock() { std::filesystem::remove(path + "-lock"); }

    test::TempFolder folder;
    const std::string path = folder.file("agent.db");
    common::asio::io_context loop;
    test::TestClock clock{loop};
    FakeHttp http{loop.get_executor(),
                  [](const common::HttpRequest&) { return std::optional{FakeHttp::status(200)}; }};
    QueueLock lock;
    int judged = 0, back = 0;
    agent::GuardedClient client{clock, http,
                                [this] {
                                    ++judged;
                                    return lock.alone();
                                },
                                [this] { ++back; }};
};

TEST_F(GuardedClient, LooksAtMostOnceASecond) {
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(send(), "sent");
    }
    EXPECT_EQ(judged, 1);
    clock.advance(Millis{1'000});
    EXPECT_EQ(send(), "sent");
    EXPECT_EQ(judged, 2);
}

TEST_F(GuardedClient, ALockThatNobodyElseTookIsTakenAgain) {
    EXPECT_EQ(send(), "sent");
    remove_lock();
    clock.advance(Millis{1'000});
    EXPECT_EQ(send(), "sent");
    QueueLock second;
    EXPECT_FALSE(second.take(path));
    EXPECT_EQ(back, 0);
}

TEST_F(GuardedClient, SendsNothingWhileAnotherHasTheQueue) {
    EXPECT_EQ(send(), "sent");
    {
        remove_lock();
        QueueLock second;
        ASSERT_TRUE(second.take(path));
        for (int i = 0; i < 3; ++i) {
            clock.advance(Millis{1'000});
            EXPECT_NE(send().find("is in use by process "), std::string::npos);
        }
        EXPECT_EQ(back, 0);
    }
    clock.advance(Millis{1'000});
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(send(), "another agent had the queue: reading it again")
            << "what was taken from memory before that may have been delivered";
        EXPECT_EQ(back, 1);
    }
    clock.advance(Millis{1'000});
    EXPECT_EQ(send(), "sent");
    EXPECT_EQ(back, 1);
}

} // namespace
