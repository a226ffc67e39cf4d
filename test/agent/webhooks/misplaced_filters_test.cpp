#include "agent/webhooks/misplaced_filters.hpp"

#include "agent/webhooks/filter_parser.hpp"
#include "agent/webhooks/webhook.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using agent::misplaced_filters;
using agent::misspelt_keys;
using nlohmann::json;

namespace {

/// The faults of {"name": "a", "target": "http://h/", <more>}.
std::vector<std::string> faults_with(const std::string& more) {
    return misplaced_filters(json::parse(R"({"name":"a","target":"http://h/",)" + more + "}"));
}

TEST(MisplacedFilters, AreFoundUnderAMisspeltName) {
    for (const std::string key :
         {"filter",   "Filters",      "FILTERS",       "filters ", " filters",
          "filters:", "Filter",       "filers",        "fiters",   "flters",
          "fliters",  "fitlers",      "filtesr",       "filterss", "fillters",
          "filtres",  "f\u0456lters", "filters\u200b", "_filters", "filter_s"}) {
        const auto faults = faults_with(json(key).dump() + R"(:{"camera_in":[1]})");
        ASSERT_EQ(faults.size(), 1U) << key;
        EXPECT_EQ(faults.front(), "unknown key " + json(key).dump() +
                                      R"(: did you mean "filters"? without it, these filters do )"
                                      "not apply");
    }
    // Whatever stands there, if the name is that near.
    for (const std::string value : {"{}", "[]", R"("face")", "0", "false", R"({"x":1})"}) {
        EXPECT_EQ(faults_with(R"("filter":)" + value).size(), 1U) << value;
        EXPECT_EQ(faults_with(R"("filters":{"camera_in":[1]},"Filters":)" + value).size(), 1U);
    }
    // Farther off, what stands there says it.
    for (const std::string key : {"filtros", "fltrs", "filter_by", "filtering", "conditions"}) {
        EXPECT_EQ(faults_with("\"" + key + R"(":{"camera_in":[1],"matched":true})").size(), 1U)
            << key;
    }
    EXPECT_EQ(faults_with(R"("filters":{"camera_in":[1]},"filtros":{"camera_in":[1]})").size(), 1U);
}

TEST(MisplacedFilters, AreFoundBesideFilters) {
    for (const auto& name : agent::filter_names()) {
        EXPECT_EQ(faults_with("\"" + name + R"(":1)").size(), 1U) << name;
        EXPECT_EQ(faults_with(R"("filters":{"type_in":"face"},")" + name + R"(":{})").size(), 1U);
    }
    for (const std::string key : {"Camera_In", "camera-in", "cameraIn", "CAMERA_IN", " camera_in ",
                                  "cameraConfidence", "Matched", "yawGte"}) {
        EXPECT_EQ(faults_with("\"" + key + R"(":[1])").size(), key == "cameraConfidence" ? 0U : 1U)
            << key;
    }
    EXPECT_EQ(faults_with(R"("camera_in":[1],"Filters":{"matched":true})").size(), 2U);
}

TEST(MisplacedFilters, AreNotOtherKeys) {
    for (const std::string key : {"created",
                                  "created_date",
                                  "updated",
                                  "modified",
                                  "owner",
                                  "description",
                                  "comment",
                                  "filter_count",
                                  "filters_count",
                                  "filter_id",
                                  "filtered",
                                  "files",
                                  "folders",
                                  "fields",
                                  "fillet",
                                  "meta",
                                  "events",
                                  "headers",
                                  "secret",
                                  "url",
                                  "type",
                                  "camera",
                                  "cameras",
                                  "camera_id",
                                  "card_id",
                                  "type_id",
                                  "card",
                                  "confidence",
                                  "matched_count",
                                  "yaw",
                                  "_id",
                                  "",
                                  "\u0444\u0438\u043b\u044c\u0442\u0440"}) {
        for (const std::string value : {"5", R"("x")", "[1]", R"({"a":1})", "{}"}) {
            EXPECT_EQ(faults_with(json(key).dump() + ":" + value), std::vector<std::string>{})
                << key << value;
        }
    }
    EXPECT_EQ(faults_with(R"("filter":null,"camera_in":null)"), std::vector<std::string>{});
    EXPECT_EQ(faults_with(R"("filters":{"camera_in":[1]},"previous":{"camera_in":[2]})"),
              std::vector<std::string>{});
    EXPECT_EQ(faults_with(R"("id":1,"active":true,"send_attempts":3,"filters":{"matched":true})"),
              std::vector<std::string>{});
    EXPECT_EQ(misplaced_filters(json::array()), std::vector<std::string>{});
}

TEST(MisplacedFilters, MakeAWebhookUnsupported) {
    const auto webhook = agent::read_webhook(
        "7", json::parse(R"({"name":"a","target":"http://h/","Filters":{"camera_in":[1]}})"));
    EXPECT_EQ(webhook.state, agent::WebhookState::unsupported);
    EXPECT_NE(webhook.reason.find("did you mean \"filters\"?"), std::string::npos);
}

TEST(MisspeltKeys, AreWarnedOf) {
    const auto warnings = [](const char* text) { return misspelt_keys(json::parse(text)); };
    EXPECT_EQ(
        warnings(R"({"Active":false})"),
        std::vector<std::string>{R"(unknown key "Active" is ignored: did you mean "active"?)"});
    EXPECT_EQ(warnings(R"({"send_attempt":3})").size(), 1U);
    EXPECT_EQ(warnings(R"({"sendAttempts":3})").size(), 1U);
    EXPECT_EQ(warnings(R"({"activ":false})").size(), 1U);
    EXPECT_TRUE(warnings(R"({"active":true,"Active":false,"activated":1,"attempts":3})").empty());
    EXPECT_TRUE(warnings(R"({"name":"a","activity":1})").empty());
}

} // namespace
