#include "agent/events/event.hpp"
#include "common/base/file.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <map>
#include <set>

using agent::Event;
using agent::read_event;

namespace {

/// What the event has, and nothing of what it lacks: "type=face camera=5 matched=no".
std::string show(const Event& event) {
    std::string text;
    const auto add = [&](std::string_view name, const std::string& value) {
        text += (text.empty() ? "" : " ") + std::string{name} + "=" + value;
    };
    const auto add_if = [&](std::string_view name, const auto& value) {
        if (!value) {
            return;
        }
        if constexpr (requires { value->text(); }) {
            add(name, value->text());
        } else {
            const nlohmann::json json = *value;
            add(name, json.is_string() ? json.template get<std::string>() : json.dump());
        }
    };
    const auto add_feature = [&](std::string_view name, const agent::Feature& value) {
        add_if(name, value.name);
        add_if(std::string{name} + "~", value.confidence);
    };
    add_if("id", event.id);
    add_if("type", event.type);
    add_if("bs_type", event.bs_type);
    add_if("camera", event.camera);
    add_if("card", event.card);
    add("matched", event.matched ? (*event.matched ? "yes" : "no") : "?");
    add_if("confidence", event.confidence);
    add_if("yaw", event.yaw);
    add_if("pitch", event.pitch);
    add_if("roll", event.roll);
    add_if("liveness", event.liveness);
    add_feature("medmask", event.medmask);
    add_feature("orientation", event.orientation);
    add_feature("special_type", event.special_type);
    add_feature("visibility", event.license_plate_visibility);
    add_if("plate", event.plate);
    return text;
}

std::string read_and_show(std::string_view json) {
    const auto event = read_event(json);
    return event ? show(*event) : "refused: " + event.error().message;
}

struct Row {
    std::string_view json;
    std::string_view shown;
};

void check(std::initializer_list<Row> rows) {
    for (const auto& [json, shown] : rows) {
        EXPECT_EQ(read_and_show(json), shown) << json;
    }
}

} // namespace

TEST(ReadEvent, TakesTheTypeFromTheFirstSourceThatHasOne) {
    check({
        {R"({"type":"face"})", "type=face matched=no"},
        {R"({"object_type":"car"})", "type=car matched=no"},
        {R"({"webhook_type":"license_plate_events"})", "type=license_plate matched=no"},
        {R"({"webhook_type":"car"})", "type=car matched=no"},
        {R"({"webhook_type":"_events"})", "matched=no"},
        {R"({"webhook_type":"face_events","object_type":"car","type":"license_plate"})",
         "type=license_plate matched=no"},
        {R"({"webhook_type":"face_events","object_type":"car","type":""})", "type=car matched=no"},
        {R"({"webhook_type":"face_events","object_type":null,"type":5})", "type=face matched=no"},
        {R"({"type":"body"})", "type=body matched=no"},
        {R"({"type":{"name":"face"}})", "matched=no"},
        {R"({"features":{"type":"face"}})", "matched=no"},
        {R"({})", "matched=no"},
    });
}

TEST(ReadEvent, TakesIdsAsNumbersOrObjects) {
    check({
        {R"({"camera":5})", "camera=5 matched=no"},
        {R"({"camera":{"id":5,"name":"door"}})", "camera=5 matched=no"},
        {R"({"camera":{"url":"x","id":-5}})", "camera=-5 matched=no"},
        {R"({"camera":"5"})", "matched=no"},
        {R"({"camera":{"id":"5"}})", "matched=no"},
        {R"({"camera":{"name":"door"}})", "matched=no"},
        {R"({"camera":{"id":{"id":5}}})", "matched=no"},
        {R"({"camera":[5]})", "matched=no"},
        {R"({"camera":[{"id":5}]})", "matched=no"},
        {R"({"camera":true})", "matched=no"},
        {R"({"camera":null})", "matched=no"},
        {R"({"features":{"camera":5}})", "matched=no"},
        {R"({"matched_card":4})", "card=4 matched=yes"},
        {R"({"matched_card":{"id":4}})", "card=4 matched=yes"},
        {R"({"matched_dossier":{"id":4}})", "card=4 matched=yes"},
        {R"({"matched_dossier":4})", "card=4 matched=yes"},
        {R"({"matched_dossier":4,"matched_card":5})", "card=5 matched=yes"},
        {R"({"matched_dossier":4,"matched_card":""})", "card=4 matched=yes"},
        {R"({"matched_dossier":4,"matched_card":{"id":"5"}})", "card=4 matched=yes"},
        {R"({"matched_card":"4"})", "matched=no"},
        {R"({"matched_card":0})", "card=0 matched=yes"},
    });
}

TEST(ReadEvent, KeepsIdsExact) {
    check({
        {R"({"camera":9007199254740993})", "camera=9007199254740993 matched=no"},
        {R"({"camera":9223372036854775808})", "camera=9223372036854775808 matched=no"},
        {R"({"camera":18446744073709551615})", "camera=18446744073709551615 matched=no"},
        {R"({"camera":18446744073709551616})", "matched=no"},
        {R"({"camera":-9223372036854775808})", "camera=-9223372036854775808 matched=no"},
        {R"({"camera":-9223372036854775809})", "matched=no"},
        {R"({"camera":-0})", "camera=0 matched=no"},
        {R"({"camera":5.0})", "matched=no"},
        {R"({"camera":5e0})", "matched=no"},
        {R"({"camera":{"id":5.5}})", "matched=no"},
    });
}

TEST(ReadEvent, IsMatchedAsItSaysOrElseByItsCard) {
    check({
        {R"({"matched":true})", "matched=yes"},
        {R"({"matched":false,"matched_card":4})", "card=4 matched=no"},
        {R"({"matched":null,"matched_card":4})", "card=4 matched=yes"},
        {R"({"matched":"false","matched_card":4})", "card=4 matched=yes"},
        {R"({"matched":1})", "matched=no"},
        {R"({"matched":"true"})", "matched=no"},
    });
}

TEST(ReadEvent, ReadsNumbersOfEveryForm) {
    check({
        {R"({"confidence":0.75})", "matched=no confidence=0.75"},
        {R"({"confidence":1})", "matched=no confidence=1.0"},
        {R"({"confidence":0})", "matched=no confidence=0.0"},
        {R"({"confidence":-3})", "matched=no confidence=-3.0"},
        {R"({"confidence":7.5e-1})", "matched=no confidence=0.75"},
        {R"({"confidence":"0.75"})", "matched=no"},
        {R"({"confidence":{"name":0.75}})", "matched=no"},
        {R"({"confidence":true})", "matched=no"},
        {R"({"confidence":null})", "matched=no"},
        {R"({"confidence":[0.75]})", "matched=no"},
        {R"({"features":{"confidence":0.75}})", "matched=no"},
        {R"({"bs_type":"overall"})", "bs_type=overall matched=no"},
        {R"({"bs_type":""})", "matched=no"},
        {R"({"bs_type":1})", "matched=no"},
    });
}

TEST(ReadEvent, FindsAnglesInFourPlacesAndTwoForms) {
    check({
        {R"({"features":{"headpose":{"yaw":1,"pitch":-2.5,"roll":0}}})",
         "matched=no yaw=1.0 pitch=-2.5 roll=0.0"},
        {R"({"headpose":{"yaw":1,"pitch":-2.5,"roll":0}})",
         "matched=no yaw=1.0 pitch=-2.5 roll=0.0"},
        {R"({"features":{"headpose_yaw":1,"headpose_pitch":2,"headpose_roll":3}})",
         "matched=no yaw=1.0 pitch=2.0 roll=3.0"},
        {R"({"headpose_yaw":1,"headpose_pitch":2,"headpose_roll":3})",
         "matched=no yaw=1.0 pitch=2.0 roll=3.0"},
        {R"({"features":{"headpose":{"yaw":{"name":1}}},"headpose":{"pitch":{"name":2}}})",
         "matched=no yaw=1.0 pitch=2.0"},
        {R"({"features":{"headpose_yaw":{"name":1,"confidence":1}},"headpose_roll":{"name":3}})",
         "matched=no yaw=1.0 roll=3.0"},
        {R"({"headpose_yaw":4,"features":{"headpose_yaw":3,"headpose":{"yaw":1}},"headpose":{"yaw":2}})",
         "matched=no yaw=1.0"},
        {R"({"headpose_yaw":4,"features":{"headpose_yaw":3,"headpose":{"yaw":null}},"headpose":{"yaw":2}})",
         "matched=no yaw=2.0"},
        {R"({"headpose_yaw":4,"features":{"headpose_yaw":3,"headpose":{"yaw":"1"}},"headpose":{"yaw":{"name":"2"}}})",
         "matched=no yaw=3.0"},
        {R"({"headpose_yaw":4,"features":{"headpose_yaw":{"name":"","confidence":0}},"headpose":[{"yaw":1}]})",
         "matched=no yaw=4.0"},
        {R"({"features":{"headpose":{"yaw":1}},"headpose":{"yaw":2,"pitch":2}})",
         "matched=no yaw=1.0 pitch=2.0"},
        {R"({"yaw":1,"features":{"yaw":1}})", "matched=no"},
    });
}

TEST(ReadEvent, TakesLivenessAsANumberOrAsRealAndFake) {
    check({
        {R"({"liveness":0.44})", "matched=no liveness=0.44"},
        {R"({"features":{"liveness":1}})", "matched=no liveness=1.0"},
        {R"({"features":{"liveness":0.1},"liveness":0.9})", "matched=no liveness=0.1"},
        {R"({"liveness":{"name":"real","confidence":0.75}})", "matched=no liveness=0.75"},
        {R"({"liveness":{"name":"fake","confidence":0.75}})", "matched=no liveness=0.25"},
        {R"({"liveness":{"name":"fake","confidence":0.9}})", "matched=no liveness=0.1"},
        {R"({"liveness":{"name":"fake","confidence":0.56}})", "matched=no liveness=0.44"},
        {R"({"liveness":{"name":"fake","confidence":0.99}})", "matched=no liveness=0.01"},
        {R"({"liveness":{"name":"fake","confidence":0.4999999999999999}})",
         "matched=no liveness=0.5000000000000001"},
        {R"({"liveness":{"name":"unknown","confidence":0.75}})", "matched=no"},
        {R"({"liveness":{"name":"real"}})", "matched=no"},
        {R"({"liveness":{"confidence":0.75}})", "matched=no"},
        {R"({"liveness":{"name":"real","confidence":"0.75"}})", "matched=no"},
        {R"({"liveness":"real"})", "matched=no"},
        {R"({"features":{"liveness":{"name":"","confidence":0}},"liveness":0.9})",
         "matched=no liveness=0.9"},
        {R"({"features":{"liveness":{"name":"unknown","confidence":1}},"liveness":{"name":"fake","confidence":1}})",
         "matched=no liveness=0.0"},
    });
}

TEST(ReadEvent, TakesAFeatureBareOrWithItsConfidence) {
    check({
        {R"({"medmask":"none"})", "matched=no medmask=none"},
        {R"({"medmask":{"name":"none","confidence":0.5}})", "matched=no medmask=none medmask~=0.5"},
        {R"({"features":{"orientation":{"name":"back","confidence":1}}})",
         "matched=no orientation=back orientation~=1.0"},
        {R"({"features":{"license_plate_visibility":"invisible"}})",
         "matched=no visibility=invisible"},
        {R"({"medmask":{"name":"none"}})", "matched=no medmask=none"},
        {R"({"medmask":{"name":"none","confidence":"0.5"}})", "matched=no medmask=none"},
        {R"({"medmask":{"confidence":0.5}})", "matched=no medmask~=0.5"},
        {R"({"medmask":{"name":"unknown","confidence":0.5}})",
         "matched=no medmask=unknown medmask~=0.5"},
        {R"({"features":{"medmask":"none"},"medmask":{"name":"correct","confidence":0.5}})",
         "matched=no medmask=none"},
    });
}

TEST(ReadEvent, LacksAFeatureThatWasNotComputed) {
    for (const auto* form :
         {"null", R"("")", R"({"name":""})", R"({"name":"","confidence":0})",
          R"({"name":null,"confidence":0.5})", R"({"name":7,"confidence":0.5})", "{}", "7", "true",
          R"(["none"])", R"([{"name":"none"}])", R"({"confidence":"0.5"})"}) {
        const auto json = std::string{R"({"medmask":)"} + form + "}";
        EXPECT_EQ(read_and_show(json), "matched=no") << json;
        const auto both = std::string{R"({"features":{"medmask":)"} + form +
                          R"(},"medmask":{"name":"correct","confidence":0.6}})";
        EXPECT_EQ(read_and_show(both), "matched=no medmask=correct medmask~=0.6") << both;
    }
}

TEST(ReadEvent, IgnoresFeaturesThatAreNoObject) {
    check({
        {R"({"features":null,"medmask":"none"})", "matched=no medmask=none"},
        {R"({"features":[{"medmask":"correct"}],"medmask":"none"})", "matched=no medmask=none"},
        {R"({"features":"medmask","medmask":"none"})", "matched=no medmask=none"},
        {R"({"features":7,"medmask":"none"})", "matched=no medmask=none"},
        {R"({"features":{"features":{"medmask":"correct"}},"medmask":"none"})",
         "matched=no medmask=none"},
        {R"([{"medmask":"none"}])", "refused: an event must be a JSON object, this is a list"},
    });
}

TEST(ReadEvent, KnowsTheSpecialTypeUnderTwoNames) {
    check({
        {R"({"special_vehicle_type":"taxi"})", "matched=no special_type=taxi"},
        {R"({"features":{"special_vehicle_type":{"name":"taxi","confidence":0.5}}})",
         "matched=no special_type=taxi special_type~=0.5"},
        {R"({"special_type":"police","features":{"special_vehicle_type":"taxi"}})",
         "matched=no special_type=police"},
        {R"({"special_vehicle_type":"police","features":{"special_vehicle_type":"taxi"}})",
         "matched=no special_type=taxi"},
        {R"({"special_type":"police","features":{"special_type":"taxi"}})",
         "matched=no special_type=taxi"},
        {R"({"special_type":"","special_vehicle_type":"taxi"})", "matched=no special_type=taxi"},
    });
}

TEST(ReadEvent, TakesThePlateBareOrNamed) {
    check({
        {R"({"license_plate_number":"A1"})", "matched=no plate=A1"},
        {R"({"features":{"license_plate_number":{"name":"A1","confidence":0.9}}})",
         "matched=no plate=A1"},
        {R"({"features":{"license_plate_number":{"confidence":0.9}},"license_plate_number":"B2"})",
         "matched=no plate=B2"},
        {R"({"features":{"license_plate_number":{"name":"","confidence":0}},"license_plate_number":"B2"})",
         "matched=no plate=B2"},
        {R"({"license_plate_number":123})", "matched=no"},
        {R"({"license_plate_number":"А1"})", "matched=no plate=А1"},
        {R"({"license_plate_number":"\u0410\ud83d\ude00"})", "matched=no plate=А😀"},
    });
}

TEST(ReadEvent, CountsTheLastOfEqualKeysWholesale) {
    check({
        {R"({"camera":1,"camera":2})", "camera=2 matched=no"},
        {R"({"camera":{"id":1},"camera":null})", "matched=no"},
        {R"({"camera":1,"camera":{"id":2},"camera":{"name":"x"}})", "matched=no"},
        {R"({"camera":{"id":1,"id":"2"}})", "matched=no"},
        {R"({"medmask":{"name":"none","confidence":1},"medmask":{"name":"correct"}})",
         "matched=no medmask=correct"},
        {R"({"medmask":{"name":"none","confidence":1,"name":"correct"}})",
         "matched=no medmask=correct medmask~=1.0"},
        {R"({"features":{"medmask":"none","liveness":1},"features":{"liveness":0.5}})",
         "matched=no liveness=0.5"},
        {R"({"features":{"medmask":"none"},"features":[]})", "matched=no"},
        {R"({"headpose":{"yaw":1},"headpose":{"pitch":2}})", "matched=no pitch=2.0"},
        {R"({"type":"face","\u0074ype":"car"})", "type=car matched=no"},
        {R"({"id":"a","id":null})", "matched=no"},
    });
}

TEST(ReadEvent, TakesIdsThatCanStandInARecord) {
    const auto longest = std::string(256, 'x');
    check({
        {R"({"id":"abc"})", "id=abc matched=no"},
        {R"({"id":" "})", "id=  matched=no"},
        {R"({"id":17})", "id=17 matched=no"},
        {R"({"id":-17})", "id=-17 matched=no"},
        {R"({"id":18446744073709551615})", "id=18446744073709551615 matched=no"},
        {R"({"id":"дверь-1"})", "id=дверь-1 matched=no"},
        {R"({"id":""})", "matched=no"},
        {R"({"id":null})", "matched=no"},
        {R"({"features":{"id":{}}})", "matched=no"},
        {R"({"id":{}})", "matched=no"},
        {R"({"id":{"id":5}})", "matched=no"},
        {R"({"id":[1]})", "matched=no"},
        {R"({"id":true})", "matched=no"},
        {R"({"id":1.5})", "matched=no"},
        {R"({"id":1e3})", "matched=no"},
        {R"({"id":18446744073709551616})", "matched=no"},
        {R"({"id":"\u00a0"})", "id=\u00a0 matched=no"},
    });
    EXPECT_EQ(read_and_show(R"({"id":")" + longest + R"("})"), "id=" + longest + " matched=no");
}

TEST(ReadEvent, ReadsTheEventsOfTheField) {
    const std::map<std::string, std::string> expected{
        {"body_unknown_type",
         "id=4589691151023745009 type=body bs_type=overall camera=21 matched=no confidence=0.5"},
        {"car_cyrillic_plate",
         "id=cy-1 type=car camera=2 matched=no confidence=0.8 plate=А123ВС77"},
        {"car_integrator",
         "id=70021 type=car bs_type=realtime camera=2 matched=no confidence=0.91 orientation=front "
         "special_type=taxi "
         "special_type~=0.88 visibility=fully_visible visibility~=0.97 plate=A123BC77"},
        {"car_multi_2024", "id=4589691150480880065 type=car bs_type=overall camera=21 card=5 "
                           "matched=yes confidence=1.0 orientation=back "
                           "orientation~=0.90963 plate=01S190ZA"},
        {"car_multi_2024_special", "id=4589691151023745003 type=car bs_type=overall camera=21 "
                                   "matched=no confidence=0.42 orientation=unknown "
                                   "orientation~=0.3 special_type=ambulance special_type~=0.8 "
                                   "visibility=invisible visibility~=0.99"},
        {"car_not_computed", "id=nc-2 type=car matched=no"},
        {"car_security_2021", "id=4376129865406823011 type=car bs_type=overall camera=8 matched=no "
                              "confidence=0.0 orientation=front "
                              "plate=M065MM197"},
        {"car_server", "id=4589691150480880322 type=car bs_type=overall camera=2 matched=no "
                       "confidence=0.66 orientation=side "
                       "orientation~=0.71 special_type=police special_type~=0.64 "
                       "visibility=partly_visible visibility~=0.6 plate=E007KX99"},
        {"empty", "matched=no"},
        {"face_integrator", "id=door-3-000017 type=face bs_type=overall camera=1 card=4 "
                            "matched=yes confidence=0.77 yaw=3.5 pitch=-4.2 "
                            "roll=1.8 liveness=0.93 medmask=none medmask~=0.98"},
        {"face_large_ids", "id=18446744073709551615 type=face camera=9007199254740993 "
                           "card=-9223372036854775808 matched=yes confidence=0.99"},
        {"face_multi_2024", "id=4589691151023745001 type=face bs_type=realtime camera=22 card=4 "
                            "matched=yes confidence=0.8123 yaw=22.01 "
                            "pitch=-3.75 roll=0.0 liveness=0.97 medmask=incorrect medmask~=0.55"},
        {"face_multi_2024_fake", "id=4589691151023745002 type=face bs_type=overall camera=22 "
                                 "matched=no confidence=0.0 liveness=0.25 "
                                 "medmask=none medmask~=0.91"},
        {"face_not_computed", "id=nc-1 type=face camera=3 matched=no confidence=0.7"},
        {"face_numbers_as_strings", "id=17 type=face bs_type=overall matched=no medmask=none"},
        {"face_security_2021", "id=4376129865406823010 type=face bs_type=realtime camera=7 card=31 "
                               "matched=yes confidence=0.743 yaw=-8.5 "
                               "pitch=1.25 liveness=0.87"},
        {"face_server", "id=4589691150480880321 type=face bs_type=overall camera=1 card=5 "
                        "matched=yes confidence=0.7812 yaw=-12.25 pitch=2.5 "
                        "roll=0.5 liveness=0.44 medmask=correct medmask~=0.81"},
        {"face_two_places", "id=tp-1 type=face camera=4 matched=no yaw=5.0 pitch=-1.0 roll=2.5 "
                            "liveness=0.3 medmask=correct medmask~=0.6"},
        {"face_without_id", "type=face bs_type=realtime camera=9 matched=no confidence=0.5"},
        {"license_plate_integrator", "id=lp-55 type=license_plate bs_type=overall camera=2 "
                                     "matched=no confidence=1.0 plate=A123BC77"},
        {"license_plate_server", "id=4589691150480880323 type=license_plate bs_type=realtime "
                                 "camera=2 card=12 matched=yes confidence=0.9 "
                                 "plate=E007KX99"},
    };
    std::set<std::string> seen;
    for (const auto& entry :
         std::filesystem::directory_iterator{std::string{FFL_TEST_DATA} + "/events"}) {
        if (entry.path().extension() == ".json") {
            const auto name = entry.path().stem().string();
            seen.insert(name);
            ASSERT_TRUE(expected.contains(name)) << name << " has no row here";
            EXPECT_EQ(read_and_show(common::read_file(entry.path()).value()), expected.at(name))
                << name;
        }
    }
    EXPECT_EQ(seen.size(), expected.size());
}
