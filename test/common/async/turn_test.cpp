#include "common/async/turn.hpp"

#include "test/support/test_clock.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

/// Whether the turn is over after the next one has begun.
Task<bool> over_after_next(Turn& turn) {
    co_await turn.next();
    co_return turn.is_over();
}

TEST(Turn, EndsAfterAMillisecondAndLetsOthersRun) {
    asio::io_context loop;
    test::TestClock clock{loop};
    Turn turn{clock};
    clock.advance(Turn::longest);
    EXPECT_FALSE(turn.is_over());
    clock.advance(Millis{1});
    EXPECT_TRUE(turn.is_over());
    bool ran = false;
    asio::post(loop, [&] { ran = true; });
    EXPECT_FALSE(test::run(loop, over_after_next(turn)));
    EXPECT_TRUE(ran);
    clock.advance(Millis{2});
    EXPECT_TRUE(turn.is_over());
}

} // namespace
} // namespace common
