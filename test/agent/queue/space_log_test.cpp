#include "agent/queue/space_log.hpp"

#include <gtest/gtest.h>
#include <string>

namespace test {

using namespace std::chrono_literals;

class SpaceLogTest : public ::testing::Test {
  protected:
    /// What `call` writes to the log.
    template <class Call> static std::string logged(Call call) {
        testing::internal::CaptureStderr();
        call();
        return testing::internal::GetCapturedStderr();
    }
    std::string refused(common::Instant now) {
        return logged([&] { log.refused(agent::Space{{5, 2, 1, 0}, 10, 3, 4}, now); });
    }
    std::string accepted() {
        return logged([&] { log.accepted(); });
    }
    std::string dropped(common::Instant now) {
        return logged([&] { log.dropped(7, 10, now); });
    }

    agent::SpaceLog log;
    const common::Instant begin{1h};
};

TEST_F(SpaceLogTest, SaysOnceThatTheQueueIsFull) {
    const auto first = refused(begin);
    EXPECT_NE(first.find("the queue is full: refusing new events"), std::string::npos) << first;
    EXPECT_NE(first.find("bytes=8 max_size=10 disk_free=4 min_free=3"), std::string::npos) << first;
    EXPECT_EQ(refused(begin + 1s), "");
    EXPECT_EQ(refused(begin + 1h), "") << "it is still full";
    EXPECT_NE(accepted().find("accepts events again"), std::string::npos);
    EXPECT_EQ(accepted(), "");
}

TEST_F(SpaceLogTest, AQueueThatIsFullNowAndThenIsOneEpisode) {
    refused(begin);
    accepted();
    EXPECT_EQ(refused(begin + 59s), "");
    EXPECT_EQ(accepted(), "") << "as it was not said";
    EXPECT_NE(refused(begin + 60s), "");
}

TEST_F(SpaceLogTest, SaysThatDeliveriesAreDroppedOncePerEpisode) {
    const auto first = dropped(begin);
    EXPECT_NE(first.find("dropping the oldest deliveries"), std::string::npos) << first;
    EXPECT_NE(first.find("dropped=7 max_size=10"), std::string::npos) << first;
    EXPECT_EQ(dropped(begin + 59s), "");
    EXPECT_EQ(dropped(begin + 118s), "") << "counted from the last one";
    EXPECT_NE(dropped(begin + 178s), "");
}

} // namespace test
