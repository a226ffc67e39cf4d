#include "agent/webhooks/explanation.hpp"
#include "agent/webhooks/webhook.hpp"
#include "common/base/file.hpp"
#include "test/agent/webhooks/filter_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using agent::read_webhook;
using agent::WebhookState;
using nlohmann::json;

namespace {

json definition_of(std::string_view text) {
    return json::parse(text);
}

json data_file(const std::string& name) {
    return json::parse(common::read_file(std::string{FFL_TEST_DATA} + "/" + name).value());
}

agent::Event event_file(const std::string& name) {
    return agent::event_of(common::read_file(std::string{FFL_TEST_DATA} + "/" + name).value());
}

/// A good definition, with `changes` laid over it.
json definition_with(const json& changes) {
    json definition{{"name", "door"}, {"target", "http://127.0.0.1:8080/hook"}};
    definition.update(changes);
    return definition;
}

agent::Snapshot snapshot_of(std::initializer_list<json> definitions) {
    agent::Snapshot snapshot;
    for (const auto& definition : definitions) {
        const auto key = std::to_string(snapshot.webhooks.size() + 1);
        snapshot.webhooks.push_back(
            std::make_shared<const agent::Webhook>(read_webhook(key, definition)));
    }
    return snapshot;
}

} // namespace

TEST(Webhook, ReadsTheManualsExample) {
    const auto definition = data_file("manual_webhook.json");
    EXPECT_TRUE(agent::check_definition(definition).empty());
    const auto webhook = read_webhook("1", definition);
    EXPECT_EQ(webhook.key, "1");
    EXPECT_EQ(webhook.name, "test webhook");
    EXPECT_EQ(webhook.state, WebhookState::serving);
    EXPECT_TRUE(webhook.active);
    EXPECT_EQ(webhook.reason, "");
    EXPECT_TRUE(webhook.warnings.empty());
    EXPECT_EQ(webhook.target.shown(), "http://localhost/webhok_test");
    EXPECT_EQ(webhook.send_attempts, 3U);
    EXPECT_EQ(json::parse(webhook.definition), definition);
}

TEST(Webhook, OfTheManualFiresAtExactlyItsValues) {
    const auto definition = data_file("manual_webhook.json");
    const auto snapshot = snapshot_of({definition});
    const auto& webhook = *snapshot.webhooks.front();
    EXPECT_TRUE(webhook.filters.matches(event_file("manual_event.json")));
    EXPECT_FALSE(webhook.filters.matches(event_file("manual_event_yaw_3.4999.json")));
    const auto failed = agent::explain(webhook, event_file("manual_event_yaw_3.4999.json"));
    ASSERT_EQ(failed.size(), 1U);
    EXPECT_EQ(failed[0].filter, "yaw_gte");
    EXPECT_EQ(failed[0].wanted, "3.5");
    EXPECT_EQ(failed[0].found, "3.4999");
    // Every filter counts: an event that differs in one value does not match.
    const auto event = data_file("manual_event.json");
    const std::pair<const char*, json> changes[] = {
        {"/camera", 3},
        {"/matched_card", 6},
        {"/confidence", 0.7499},
        {"/confidence", 0.7901},
        {"/matched", false},
        {"/bs_type", "other"},
        {"/features/headpose/yaw", 3.5001},
        {"/features/headpose/pitch", -4.1999},
        {"/features/headpose/pitch", -4.2001},
        {"/features/headpose/roll", 1.7999},
        {"/features/headpose/roll", 1.8001},
        {"/features/liveness", 0.4399},
        {"/features/liveness", 0.4401},
    };
    for (const auto& [place, value] : changes) {
        auto changed = event;
        changed[json::json_pointer{place}] = value;
        EXPECT_FALSE(webhook.filters.matches(agent::event_of(changed.dump()))) << changed;
    }
    const std::pair<const char*, json> allowed[] = {{"/camera", 2},           {"/matched_card", 5},
                                                    {"/confidence", 0.75},    {"/confidence", 0.79},
                                                    {"/bs_type", "realtime"}, {"/type", "car"}};
    for (const auto& [place, value] : allowed) {
        auto changed = event;
        changed[json::json_pointer{place}] = value;
        EXPECT_TRUE(webhook.filters.matches(agent::event_of(changed.dump()))) << changed;
    }
}

TEST(Webhook, HasTheManualsDefaults) {
    for (
        const auto* text :
        {R"({"name":"door","target":"http://127.0.0.1/"})",
         R"({"name":"door","target":"http://127.0.0.1/","active":null,"filters":null,"send_attempts":null})",
         R"({"name":"door","target":"http://127.0.0.1/","filters":{},"owner":"x","headers":[1],"id":7})"}) {
        const auto webhook = read_webhook("7", definition_of(text));
        EXPECT_EQ(webhook.state, WebhookState::serving) << webhook.reason;
        EXPECT_EQ(webhook.send_attempts, 0U) << text;
        EXPECT_TRUE(webhook.filters.matches(agent::Event{})) << text;
        EXPECT_EQ(json::parse(webhook.definition), definition_of(text)) << "unknown keys are kept";
    }
}

TEST(Webhook, IsInactiveOrUnsupported) {
    EXPECT_EQ(read_webhook("1", definition_with({{"active", false}})).state,
              WebhookState::inactive);
    EXPECT_FALSE(read_webhook("1", definition_with({{"active", false}})).active);
    const auto broken =
        read_webhook("1", definition_with({{"active", false}, {"filters", {{"age_gte", 18}}}}));
    EXPECT_EQ(broken.state, WebhookState::unsupported);
    EXPECT_FALSE(broken.active);
    EXPECT_NE(broken.reason.find("unknown filter \"age_gte\""), std::string::npos);
    EXPECT_EQ(broken.name, "door");
    EXPECT_EQ(agent::to_string(WebhookState::serving), "serving");
    EXPECT_EQ(agent::to_string(WebhookState::inactive), "inactive");
    EXPECT_EQ(agent::to_string(WebhookState::excluded), "excluded");
    EXPECT_EQ(agent::to_string(WebhookState::unsupported), "unsupported");
}

TEST(Webhook, IsInactiveIfItsActiveIsInvalid) {
    const std::pair<json, bool> rows[] = {{nullptr, true}, {true, true}, {false, false},
                                          {"true", false}, {1, false},   {json::array(), false}};
    for (const auto& [active, is_active] : rows) {
        EXPECT_EQ(read_webhook("1", definition_with({{"active", active}})).active, is_active)
            << active;
    }
    EXPECT_TRUE(read_webhook("1", definition_with(json::object())).active);
    EXPECT_TRUE(read_webhook("1", json::array()).active);
}

TEST(Webhook, NamesFieldValueAndWhatIsExpected) {
    struct Row {
        json definition;
        std::string expected; ///< the beginning of the only fault
    };
    const auto url_fault = [](const char* url) {
        return "target: " + common::parse_url(url).error().message;
    };
    const Row rows[] = {
        {definition_of("[]"), "the definition is a list: expected a JSON object"},
        {definition_of("null"), "the definition is null: expected a JSON object"},
        {definition_of(R"({"target":"http://h/"})"),
         "name is missing: expected a non-empty string"},
        {definition_with({{"name", nullptr}}), "name is missing: expected a non-empty string"},
        {definition_with({{"name", ""}}), "name = \"\": expected a non-empty string"},
        {definition_with({{"name", 5}}), "name = 5: expected a non-empty string"},
        {definition_of(R"({"name":"door"})"), "target is missing: expected an http or https URL"},
        {definition_with({{"target", 5}}), "target is a number: expected an http or https URL"},
        {definition_with({{"target", ""}}), url_fault("")},
        {definition_with({{"target", "ftp://h/"}}), url_fault("ftp://h/")},
        {definition_with({{"target", "h/path"}}), url_fault("h/path")},
        {definition_with({{"target", "http://"}}), url_fault("http://")},
        {definition_with({{"target", "http://h:65536/"}}), url_fault("http://h:65536/")},
        {definition_with({{"target", "http://h h/"}}), url_fault("http://h h/")},
        {definition_with({{"active", "true"}}), "active = \"true\": expected true or false"},
        {definition_with({{"active", 1}}), "active = 1: expected true or false"},
        {definition_with({{"send_attempts", -1}}),
         "send_attempts = -1: expected a whole number from 0 (unlimited) to 1000000"},
        {definition_with({{"send_attempts", 1'000'001}}),
         "send_attempts = 1000001: expected a whole number from 0 (unlimited) to 1000000"},
        {definition_of(R"({"name":"a","target":"http://h/","send_attempts":18446744073709551615})"),
         "send_attempts = 18446744073709551615: expected a whole number from 0 (unlimited) to "
         "1000000"},
        {definition_with({{"send_attempts", 3.0}}),
         "send_attempts = 3.0: expected a whole number from 0 (unlimited) to 1000000"},
        {definition_with({{"send_attempts", "3"}}),
         "send_attempts = \"3\": expected a whole number from 0 (unlimited) to 1000000"},
        {definition_with({{"send_attempts", true}}),
         "send_attempts = true: expected a whole number from 0 (unlimited) to 1000000"},
        {definition_with({{"filters", json::array()}}), "filters = []: expected an object"},
        {definition_with({{"filters", "all"}}), "filters = \"all\": expected an object"},
        {definition_with({{"filters", {{"type_in", "person"}}}}),
         "filters.type_in = \"person\": expected one of: face, car, license_plate (or a list of "
         "them)"},
    };
    for (const auto& [definition, expected] : rows) {
        const auto faults = agent::check_definition(definition);
        ASSERT_EQ(faults.size(), 1U) << definition;
        EXPECT_TRUE(faults.front().starts_with(expected))
            << definition << "\n got: " << faults.front() << "\n expected: " << expected;
        const auto webhook = read_webhook("1", definition);
        EXPECT_EQ(webhook.state, WebhookState::unsupported) << definition;
        EXPECT_EQ(webhook.reason, faults.front());
    }
    for (const auto& good : {json(0), json(1), json(1'000'000)}) {
        EXPECT_TRUE(agent::check_definition(definition_with({{"send_attempts", good}})).empty())
            << good;
        EXPECT_EQ(read_webhook("1", definition_with({{"send_attempts", good}})).send_attempts,
                  good.get<std::uint32_t>());
    }
}

TEST(Webhook, ReportsEveryFault) {
    const auto definition = definition_of(
        R"({"active":"yes","target":"ftp://x","send_attempts":-1,"filters":{"age_gte":1,"yaw_gte":"3","medmask":{"name":"x"}}})");
    const auto faults = agent::check_definition(definition);
    EXPECT_EQ(faults.size(), 7U);
    for (const auto& fault : faults) {
        EXPECT_NE(read_webhook("1", definition).reason.find(fault), std::string::npos) << fault;
    }
}

TEST(Webhook, ShowsNoPasswordOfATarget) {
    for (const auto* target :
         {"ftp://user:hunter2@h/", "http://user:hunter2@h:65536/", "http://user:hunter2@",
          "http://user:hunter2@h h/a", "http://user:hunter2/b@h/", "user:hunter2@h",
          "http:user:hunter2@h"}) {
        const auto webhook = read_webhook("1", definition_with({{"target", target}}));
        EXPECT_EQ(webhook.state, WebhookState::unsupported) << target;
        EXPECT_EQ(webhook.reason.find("hunter2"), std::string::npos) << webhook.reason;
    }
    const auto list = definition_with({{"target", json::array({"http://user:hunter2@h/"})}});
    EXPECT_EQ(read_webhook("1", list).reason.find("hunter2"), std::string::npos);
    const auto good = read_webhook("1", definition_with({{"target", "https://user:hunter2@h/x"}}));
    EXPECT_EQ(good.state, WebhookState::serving);
    EXPECT_EQ(good.target.password, "hunter2");
    EXPECT_EQ(good.target.shown(), "https://h/x");
}

TEST(Webhook, KeepsItsDefinitionAndWarnings) {
    const auto one = read_webhook("1", definition_of(R"({"name":"a", "target":"http://h/"})"));
    const auto same = read_webhook("1", definition_of(R"({"target":"http://h/","name":"a"})"));
    EXPECT_EQ(one.definition, same.definition);
    const auto contradictory = read_webhook(
        "1", definition_with(
                 {{"filters", {{"camera_in", json::array()}, {"yaw_gte", 2}, {"yaw_lte", 1}}}}));
    EXPECT_EQ(contradictory.state, WebhookState::serving);
    EXPECT_EQ(contradictory.warnings.size(), 2U);
}

TEST(Snapshot, FindsByKey) {
    const auto snapshot =
        snapshot_of({definition_with({{"name", "a"}}), definition_with({{"name", "b"}})});
    ASSERT_NE(snapshot.find("2"), nullptr);
    EXPECT_EQ(snapshot.find("2")->name, "b");
    EXPECT_EQ(snapshot.find("3"), nullptr);
    EXPECT_EQ(agent::Snapshot{}.find("1"), nullptr);
}

TEST(Explanation, HasEveryWebhookWithItsState) {
    auto snapshot = snapshot_of(
        {definition_with({{"name", "all"}}), definition_with({{"name", "off"}, {"active", false}}),
         definition_with({{"name", "faces"}, {"filters", {{"type_in", "face"}}}}),
         definition_with({{"name", "broken"}, {"filters", {{"age_gte", 1}}}}),
         definition_with({{"name", "cars"}, {"filters", {{"type_in", "car"}}}})});
    auto excluded = *snapshot.webhooks.front();
    excluded.state = WebhookState::excluded;
    excluded.reason = "webhooks.exclude";
    snapshot.webhooks.push_back(std::make_shared<const agent::Webhook>(excluded));
    const auto& broken = *snapshot.webhooks.at(3);
    EXPECT_NE(broken.reason.find("unknown filter"), std::string::npos);
    auto expected = definition_of(R"({"webhooks":[
        {"key":"1","name":"all","state":"serving","matches":true,"failed":null},
        {"key":"2","name":"off","state":"inactive","matches":false,"failed":{"filter":"state","wanted":"serving","found":"inactive"}},
        {"key":"3","name":"faces","state":"serving","matches":true,"failed":null},
        {"key":"4","name":"broken","state":"unsupported","matches":false,"failed":{"filter":"state","wanted":"serving","found":"unsupported"}},
        {"key":"5","name":"cars","state":"serving","matches":false,"failed":{"filter":"type_in","wanted":"car","found":"face"}},
        {"key":"1","name":"all","state":"excluded","matches":false,"failed":{"filter":"state","wanted":"serving","found":"excluded",
         "hint":"webhooks.exclude"}}]})");
    expected["webhooks"][3]["failed"]["hint"] = broken.reason;
    constexpr std::string_view face = R"({"type":"face"})";
    EXPECT_EQ(agent::explanation_json(snapshot, agent::event_of(face), face), expected);
}

TEST(Explanation, HasEveryFilterThatSaysNo) {
    const auto snapshot = snapshot_of({definition_with(
        {{"filters", {{"camera_in", 1}, {"type_in", "face"}, {"confidence_gte", 0.5}}}})});
    constexpr std::string_view text = R"({"type":"face","camera":3,"confidence":0.25})";
    const auto webhook =
        agent::explanation_json(snapshot, agent::event_of(text), text)["webhooks"][0];
    ASSERT_EQ(webhook["also_failed"].size(), 1U) << webhook;
    EXPECT_EQ(webhook["also_failed"][0]["found"].dump() + webhook["failed"]["found"].dump(),
              webhook["failed"]["filter"] == "camera_in" ? "0.253" : "30.25");
}

TEST(Explanation, ContainsJsonValues) {
    const auto snapshot =
        snapshot_of({definition_with({{"filters", {{"camera_in", {1, 18446744073709551615U}}}}})});
    const auto failed = [&](std::string_view event) {
        return agent::explanation_json(snapshot, agent::event_of(event),
                                       event)["webhooks"][0]["failed"];
    };
    EXPECT_EQ(
        failed(R"({"camera":18446744073709551614})").dump(),
        R"({"filter":"camera_in","found":18446744073709551614,"wanted":[1,18446744073709551615]})");
    EXPECT_EQ(
        failed("{}").dump(),
        R"({"filter":"camera_in","found":null,"hint":"the event has no camera","wanted":[1,18446744073709551615]})");
    EXPECT_EQ(
        failed(R"({"camera":{"id":"1"}})").dump(),
        R"({"filter":"camera_in","found":"1","hint":"a string in camera.id; an integer is needed","wanted":[1,18446744073709551615]})");
    EXPECT_EQ(agent::explanation_json({}, agent::Event{}, "{}").dump(), R"({"webhooks":[]})");
}

TEST(Explanation, NotesAnEnvelope) {
    constexpr std::string_view text = R"({"events":[{"type":"face"}]})";
    EXPECT_EQ(
        agent::explanation_json({}, agent::event_of(text), text).dump(),
        R"({"note":"this looks like an envelope around events, not like an event: \"events\" )"
        R"(holds a list of 1; send what is inside","webhooks":[]})");
}

TEST(CooldownValue, DependsOnTheCooldownKey) {
    const auto event = agent::event_of(
        R"({"camera":1,"matched_card":18446744073709551615,"license_plate_number":"A1"})");
    agent::DeliverySettings settings;
    const auto value = [&](agent::CooldownKey key, const agent::Event& of) {
        settings.cooldown_key = key;
        return agent::cooldown_value(settings, of);
    };
    using enum agent::CooldownKey;
    for (const auto key : {webhook, card, plate, camera}) {
        EXPECT_EQ(value(key, event), std::nullopt) << "no cooldown, no value";
    }
    settings.cooldown = common::Millis{1};
    EXPECT_EQ(value(webhook, event), "");
    EXPECT_EQ(value(card, event), "18446744073709551615");
    EXPECT_EQ(value(plate, event), "A1");
    EXPECT_EQ(value(camera, event), "1");
    const agent::Event bare;
    EXPECT_EQ(value(webhook, bare), "");
    EXPECT_EQ(value(card, bare), std::nullopt);
    EXPECT_EQ(value(plate, bare), std::nullopt);
    EXPECT_EQ(value(camera, bare), std::nullopt);
}
