#include "test/agent/events/event_fixture.hpp"

namespace agent {
namespace {

TEST(ReadEvent, FindsAnglesInFourPlacesAndTwoForms) {
    expect_shown({
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

TEST(ReadEvent, ReadsLivenessAsANumberOrAsRealAndFake) {
    expect_shown({
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

TEST(ReadEvent, ReadsAFeatureWithOrWithoutItsConfidence) {
    expect_shown({
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

TEST(ReadEvent, IgnoresFeaturesThatAreNotAnObject) {
    expect_shown({
        {R"({"features":null,"medmask":"none"})", "matched=no medmask=none"},
        {R"({"features":[{"medmask":"correct"}],"medmask":"none"})", "matched=no medmask=none"},
        {R"({"features":"medmask","medmask":"none"})", "matched=no medmask=none"},
        {R"({"features":7,"medmask":"none"})", "matched=no medmask=none"},
        {R"({"features":{"features":{"medmask":"correct"}},"medmask":"none"})",
         "matched=no medmask=none"},
        {R"([{"medmask":"none"}])", "refused: the event is a list: expected a JSON object"},
    });
}

TEST(ReadEvent, ReadsTheSpecialTypeUnderTwoNames) {
    expect_shown({
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

TEST(ReadEvent, ReadsThePlateBareOrNamed) {
    expect_shown({
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

} // namespace
} // namespace agent
