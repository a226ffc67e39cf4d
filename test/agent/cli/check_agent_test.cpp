#include "agent/cli/check_agent.hpp"

#include "agent/config/file_stamp.hpp"
#include "test/support/program.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

using agent::Level;
using nlohmann::json;

class JudgeStatus : public testing::Test {
  protected:
    JudgeStatus() {
        config_.path = folder_.write("agent.ini", "");
        config_.files = {config_.path};
        config_.stamp = agent::stamp_of(config_.files);
    }
    [[nodiscard]] json status() const {
        return {{"version", "1"},
                {"uptime_s", 3},
                {"config", {{"path", config_.path}, {"stamp", config_.stamp}}}};
    }
    /// "ok,warn": the levels of what is found.
    [[nodiscard]] std::string levels(const json& status) const {
        std::string all;
        for (const auto& one : agent::judge_status(status, config_, "1")) {
            all += all.empty() ? "" : ",";
            all += one.level == Level::ok ? "ok" : one.level == Level::warn ? "warn" : "fail";
            EXPECT_EQ(one.fix.empty(), one.level == Level::ok) << one.what;
        }
        return all;
    }
    test::TempFolder folder_;
    agent::Config config_;
};

TEST_F(JudgeStatus, ComparesVersionAndConfiguration) {
    const struct {
        json patch;
        const char* levels;
    } table[] = {
        {json::object(), "ok,ok"},
        {{{"version", "2"}}, "ok,warn,ok"},
        {{{"config", {{"stamp", "other"}}}}, "ok,warn"},
        {{{"config", {{"stamp", nullptr}}}}, "ok"}, // it could not look at its files
        {{{"config", {{"path", "/etc/other.ini"}}}}, "ok,warn"},
        {{{"config", {{"awaiting_restart", {"[queue] path", "[ingest] listen"}}}}}, "ok,warn,warn"},
        {{{"config", {{"refused_since", "2026-11-28T00:00:00Z"}, {"errors", {"a", "b"}}}}},
         "ok,warn"},
        {{{"store", {{"degraded", true}, {"last_error", "disk full"}}}}, "ok,ok,fail"},
        {{{"server", {{"state", "failing"}, {"last_error", "refused"}}}}, "ok,ok,warn"},
        {{{"config", 7}, {"store", "x"}, {"server", nullptr}}, "ok"}, // whatever it says
    };
    for (const auto& row : table) {
        auto answer = status();
        answer.merge_patch(row.patch);
        EXPECT_EQ(levels(answer), row.levels) << row.patch;
    }
}

TEST(FileStamp, ChangesWithEachOfTheFiles) {
    const test::TempFolder folder;
    const auto one = folder.write("one", "a");
    const auto other = folder.write("other", "b");
    const auto stamp = agent::stamp_of({one, other});
    EXPECT_EQ(stamp.size(), 16U);
    EXPECT_EQ(agent::stamp_of({one, other}), stamp);
    std::filesystem::last_write_time(other, std::filesystem::last_write_time(one) +
                                                std::chrono::seconds{9});
    EXPECT_NE(agent::stamp_of({one, other}), stamp);
    EXPECT_EQ(agent::edited_last({one, other}), other);
    EXPECT_EQ(agent::edited_last({other, one}), other);
    EXPECT_EQ(agent::stamp_of({one, folder.file("none")}), "");
    EXPECT_EQ(agent::edited_last({folder.file("none")}), "");
}

} // namespace
