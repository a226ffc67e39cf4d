#include "agent/cli/event_blocks.hpp"

#include <cstdlib>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace agent {
namespace {

using nlohmann::json;

struct EventBlocks : testing::Test {
    EventBlocks() {
        ::setenv("TZ", "UTC-3", 1);
        ::tzset();
    }
    ~EventBlocks() override {
        ::unsetenv("TZ");
        ::tzset();
    }
    json entry = {{"seq", 412},
                  {"at", "2026-11-28T16:43:00.123Z"},
                  {"type", "face"},
                  {"camera", 3},
                  {"card", 7},
                  {"confidence", 0.93},
                  {"plate", nullptr},
                  {"test", false},
                  {"webhooks",
                   {{{"key", "1"}, {"name", "door"}, {"state", "delivered"}, {"took_ms", 35}},
                    {{"key", "2"},
                     {"name", "gate"},
                     {"state", "not_matched"},
                     {"failed", {{{"filter", "camera_in"}, {"wanted", {1}}, {"found", 3}}}}}}}};
};

TEST_F(EventBlocks, SayWhatWasRecognisedAndWhatBecameOfIt) {
    EXPECT_EQ(event_block(entry, {80, false}),
              "412  19:43:00  face, camera 3, card 7, confidence 0.93\n"
              "     door: delivered in 35 ms\n"
              "     gate: not matched, camera_in wants [1], found 3\n");
    EXPECT_EQ(event_block(entry, {30, false}), "412  19:43:00  face, camera 3,\n"
                                               "     card 7, confidence 0.93\n"
                                               "     door: delivered in 35 ms\n"
                                               "     gate: not matched,\n"
                                               "     camera_in wants [1],\n"
                                               "     found 3\n");
}

TEST_F(EventBlocks, ShowTestsDuplicatesAndRefusals) {
    entry["test"] = true;
    entry["duplicate"] = true;
    entry["webhooks"] = json::array();
    EXPECT_EQ(event_block(entry, {80, false}),
              "412  19:43:00  test: face, camera 3, card 7, confidence 0.93\n"
              "     duplicate\n");
    const json refused{{"seq", 1},
                       {"at", "2026-11-28T16:43:00Z"},
                       {"refused", {{"status", 415}, {"detail", "no"}, {"from", "::1"}}}};
    EXPECT_EQ(event_block(refused, {80, false}), "1    19:43:00  a request was refused\n"
                                                 "     415: no (from ::1)\n");
}

} // namespace
} // namespace agent
