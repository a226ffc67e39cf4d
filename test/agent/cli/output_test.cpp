#include "agent/cli/output.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

using nlohmann::json;

TEST(Output, ShowsSecondsInTheLargestUnitsThatMatter) {
    const struct {
        json seconds;
        const char* shown;
    } table[] = {
        {nullptr, "-"},  {"3", "-"},           {0, "0s"},         {59.9, "59s"},
        {60, "1m 0s"},   {310, "5m 10s"},      {3599, "59m 59s"}, {3600, "1h 0m"},
        {7500, "2h 5m"}, {172'799, "47h 59m"}, {172'800, "2d"},   {1'000'000, "11d"},
    };
    for (const auto& row : table) {
        EXPECT_EQ(agent::show_seconds(row.seconds), row.shown) << row.seconds;
    }
}

TEST(Output, PadsTheCellsOfATable) {
    testing::internal::CaptureStdout();
    agent::print_table({{"ID", "NAME", "NOTE"}, {"7", "front door", ""}, {"1000", "x", "y"}});
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "ID    NAME        NOTE\n"
                                                      "7     front door  \n"
                                                      "1000  x           y\n");
}

TEST(Output, ShortensAReasonForATable) {
    const std::string names =
        "type_in, camera_in, card_in, confidence_gte, confidence_lte, matched";
    const struct {
        std::string reason, shown;
    } table[] = {
        {"", ""},
        {"503 Service Unavailable", "503 Service Unavailable"},
        {"name = \"\": expected one of: face, car", "name = \"\": expected one of: face, car"},
        {"unknown filter \"age_gte\": expected one of: " + names, "unknown filter \"age_gte\""},
        {"unknown filter \"type\": did you mean \"type_in\"? expected one of: " + names,
         "unknown filter \"type\": did you mean \"type_in\"?"},
        {"unknown filter \"a\": expected one of: " + names +
             "; unknown filter \"b\": expected one of: " + names + "; name is missing",
         "unknown filter \"a\"; unknown filter \"b\"; name is missing"},
        {"expected one of: " + names, ""},
        {std::string(119, 'x') + "\xc3\xa4\xc3\xa4", std::string(119, 'x') + "…"},
    };
    for (const auto& [reason, shown] : table) {
        EXPECT_EQ(agent::short_reason(reason), shown) << reason;
    }
}

TEST(Output, ComplainsOnStandardErrorAndReturnsTheCode) {
    testing::internal::CaptureStderr();
    EXPECT_EQ(agent::complain(69, "no answer"), 69);
    EXPECT_EQ(agent::complain({common::Fault::config, "bad key"}), 78);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "ffl-agent: no answer\nffl-agent: bad key\n");
}

} // namespace
