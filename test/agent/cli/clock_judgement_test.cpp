#include "agent/cli/clock_judgement.hpp"

#include <gtest/gtest.h>

namespace {

using agent::Level;
using namespace std::chrono;

TEST(ClockJudgement, ComparesWithTheDayOfTheBuild) {
    const struct {
        sys_days day;
        bool synchronised;
        Level level;
        const char* says;
    } table[] = {
        {1970y / 1 / 1, false, Level::fail, "the clock says 1970-01-01T00:00:00Z, before the day"},
        {2026y / 11 / 27, true, Level::fail, "before the day on which"},
        {2026y / 11 / 28, true, Level::ok, "synchronised"},
        {2026y / 11 / 28, false, Level::warn, "not synchronised"},
        {2040y / 1 / 1, true, Level::ok, "synchronised"},
        {2090y / 1 / 1, true, Level::warn, "far in the future"},
    };
    for (const auto& row : table) {
        const auto found = agent::judge_clock({row.day, row.synchronised}, "2026-11-28");
        EXPECT_EQ(found.level, row.level) << found.what;
        EXPECT_NE(found.what.find(row.says), std::string::npos) << found.what;
        EXPECT_EQ(found.fix.empty(), row.level == Level::ok) << found.fix;
    }
}

} // namespace
