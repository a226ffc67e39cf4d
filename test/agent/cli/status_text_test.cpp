#include "agent/cli/status_text.hpp"

#include "common/text/columns.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

namespace {

using agent::Screen;
using nlohmann::json;

json webhook(const std::string& key, const std::string& name, json more = json::object()) {
    json one{{"key", key},
             {"name", name},
             {"active", true},
             {"state", "serving"},
             {"reason", nullptr},
             {"warnings", json::array()},
             {"matched", 12},
             {"delivered", 11},
             {"failed", 0},
             {"suppressed", 0},
             {"expired", 0},
             {"dropped", 0},
             {"pending", 0},
             {"dead", 0},
             {"oldest_s", nullptr},
             {"failing_s", nullptr},
             {"last_success_s", 8},
             {"waits_for", nullptr},
             {"last_error", nullptr},
             {"target", "http://10.0.0.7:9000/hooks/" + name + "?token=***"}};
    one.update(more);
    return one;
}

json status() {
    return {{"version", "0.1.0"},
            {"host", "board-7"},
            {"time", "2026-11-28T16:43:00Z"},
            {"uptime_s", 182},
            {"verdict", "ok"},
            {"summary", "2 webhooks served, nothing waits"},
            {"problems", json::array()},
            {"server",
             {{"url", nullptr},
              {"state", "standalone"},
              {"last_sync", nullptr},
              {"last_error", nullptr}}},
            {"queue",
             {{"pending", 0},
              {"dead", 0},
              {"bytes", 82'192},
              {"max_bytes", 1 << 30},
              {"oldest_s", nullptr}}},
            {"clock", {{"synchronized", true}}},
            {"store",
             {{"path", "/var/lib/ffl-agent/agent.db"},
              {"sync", "full"},
              {"degraded", false},
              {"last_error", nullptr},
              {"quarantined", json::array()}}},
            {"webhooks", {webhook("5", "door"), webhook("6", "gate")}}};
}

json failing() {
    auto all = status();
    all["verdict"] = "fail";
    all["summary"] = "1 of 4 webhooks fails; the oldest delivery waits 54 s";
    all["problems"] = {
        {{"level", "fail"},
         {"what", "webhook 8 \"bell\" fails: 503 Service Unavailable; 2 deliveries wait, the "
                  "oldest for 54 s"},
         {"since_s", 54.2},
         {"fix", "see `ffl-agent queue list --webhook 8` and the target's own log"},
         {"webhook", "8"}},
        {{"level", "warn"},
         {"what", "the certificate of the target https://10.0.0.9 ends in 12 days"},
         {"since_s", nullptr},
         {"fix", "renew it"},
         {"webhook", nullptr}}};
    all["webhooks"].push_back(webhook("7", "off", {{"state", "inactive"}, {"active", false}}));
    all["webhooks"].push_back(webhook("8", "bell",
                                      {{"failing_s", 54.2},
                                       {"pending", 2},
                                       {"oldest_s", 54.2},
                                       {"failed", 5},
                                       {"last_error", "503 Service Unavailable"},
                                       {"last_success_s", nullptr},
                                       {"waits_for", "2 deliveries wait to be tried again"}}));
    all["webhooks"].push_back(webhook(
        "9", "lamp",
        {{"pending", 3},
         {"oldest_s", 12},
         {"waits_for", "3 deliveries wait behind webhook 8 \"bell\", which has the connections"}}));
    return all;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

std::size_t line_with(const std::vector<std::string>& lines, const std::string& text) {
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (lines[i].find(text) != std::string::npos) {
            return i;
        }
    }
    ADD_FAILURE() << "no line with " << text;
    return 0;
}

TEST(StatusText, BeginsWithTheVerdictAndSaysNothingElseWhereAllIsWell) {
    const auto lines = lines_of(agent::status_text(status(), Screen{}));
    EXPECT_EQ(lines[0], "ok: 2 webhooks served, nothing waits");
    EXPECT_EQ(lines[1], "");
    EXPECT_EQ(lines[2], "agent     0.1.0 on board-7, up 3m 2s");
    EXPECT_EQ(lines[4], "queue     0 pending, 0 dead letters, 81 KiB of 1 GiB");
}

TEST(StatusText, ShowsProblemsWithTheirFixesAndFailingWebhooksFirst) {
    const auto lines = lines_of(agent::status_text(failing(), Screen{}));
    EXPECT_EQ(lines[0], "fail: 1 of 4 webhooks fails; the oldest delivery waits 54 s");
    EXPECT_EQ(lines[2], "fail  webhook 8 \"bell\" fails: 503 Service Unavailable; 2 deliveries "
                        "wait, the oldest for 54 s (for 54s)");
    EXPECT_EQ(lines[3], "      fix: see `ffl-agent queue list --webhook 8` and the target's own "
                        "log");
    EXPECT_EQ(lines[4], "warn  the certificate of the target https://10.0.0.9 ends in 12 days");
    const auto heading = line_with(lines, "KEY  NAME");
    ASSERT_EQ(lines.size(), heading + 6);
    for (const auto& [place, start] : {std::pair{1, "8    bell  failing"},
                                       {2, "9    lamp  serving"},
                                       {3, "5    door  serving"},
                                       {4, "6    gate  serving"},
                                       {5, "7    off   inactive"}}) {
        EXPECT_TRUE(lines[heading + static_cast<std::size_t>(place)].starts_with(start))
            << lines[heading + static_cast<std::size_t>(place)];
    }
    EXPECT_NE(lines[heading + 1].find("  503 Service Unavailable  "), std::string::npos);
    EXPECT_NE(lines[heading + 2].find("behind webhook 8 \"bell\""), std::string::npos);
    EXPECT_TRUE(lines[heading + 1].ends_with("http://10.0.0.7:9000/hooks/bell?token=***"));
}

TEST(StatusText, FitsNarrowScreens) {
    auto wide = failing();
    wide["webhooks"].push_back(
        webhook("10", "Проходная 東京 " + std::string(254, 'n'),
                {{"state", "unsupported"}, {"reason", std::string(320, 'r')}}));
    for (const std::size_t width : {120, 80, 40}) {
        const auto text = agent::status_text(wide, Screen{width, false});
        for (const auto& line : lines_of(text)) {
            EXPECT_LE(common::columns(line), width) << line;
        }
        for (const auto* what : {"fail", "503", "bell", "PENDING", "failing"}) {
            EXPECT_NE(text.find(what), std::string::npos) << what << " at " << width;
        }
    }
}

TEST(StatusText, ColoursTheVerdictAndTheLevels) {
    const Screen screen{200, true};
    const auto lines = lines_of(agent::status_text(failing(), screen));
    EXPECT_TRUE(lines[0].starts_with("\x1b[31mfail\x1b[0m: 1 of 4")) << lines[0];
    EXPECT_TRUE(lines[2].starts_with("\x1b[31mfail\x1b[0m  webhook 8")) << lines[2];
    EXPECT_TRUE(agent::status_text(status(), screen).starts_with("\x1b[32mok\x1b[0m: 2 webhooks"));
}

TEST(StatusText, EscapesWhatOthersWrote) {
    const std::string hostile = "\x1b[2J\nfail: forged\u202e";
    auto all = failing();
    all["summary"] = all["problems"][0]["what"] = all["problems"][0]["fix"] = hostile;
    all["problems"][0]["level"] = hostile;
    all["server"]["url"] = all["server"]["last_error"] = all["host"] = hostile;
    for (const auto* field : {"key", "name", "state", "target", "last_error", "waits_for"}) {
        all["webhooks"][0][field] = hostile;
    }
    all["webhooks"][0]["warnings"] = {hostile};
    for (const auto& screen : {Screen{}, Screen{80, false}, Screen{40, false}}) {
        const auto text = agent::status_text(all, screen);
        EXPECT_EQ(text.find('\x1b'), std::string::npos);
        EXPECT_EQ(text.find("\u202e"), std::string::npos);
        EXPECT_EQ(text.find("\nfail: forged"), std::string::npos);
    }
}

} // namespace
