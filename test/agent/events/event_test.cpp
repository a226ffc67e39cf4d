#include "common/base/file.hpp"
#include "test/agent/events/event_fixture.hpp"

#include <filesystem>
#include <map>
#include <set>

namespace agent {
namespace {

TEST(ReadEvent, ReadsTheTypeFromTheFirstFieldThatHasOne) {
    expect_shown({
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

TEST(ReadEvent, ReadsIdsFromNumbersOrObjects) {
    expect_shown({
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
        {R"({"matched_card":"4"})", "matched=yes"},
        {R"({"matched_card":0})", "card=0 matched=yes"},
    });
}

TEST(ReadEvent, KeepsIdsExact) {
    expect_shown({
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
    expect_shown({
        {R"({"matched":true})", "matched=yes"},
        {R"({"matched":false,"matched_card":4})", "card=4 matched=no"},
        {R"({"matched":null,"matched_card":4})", "card=4 matched=yes"},
        {R"({"matched":"false","matched_card":4})", "card=4 matched=yes"},
        {R"({"matched":1})", "matched=no"},
        {R"({"matched":"true"})", "matched=no"},
    });
}

TEST(ReadEvent, TakesACardThatCannotBeReadForACard) {
    for (const auto* key : {"matched_card", "matched_dossier"}) {
        const auto shown = [&](const std::string& value) {
            return read_and_show(std::string{"{\""} + key + "\":" + value + "}");
        };
        for (const auto* card : {R"("5")", R"({"name":"Ann"})", R"({"id":"5"})", R"({"id":null})",
                                 R"({"a":{}})", R"([5])", "[[]]", "[null]", R"([{"id":5}])", "5.0",
                                 "1e3", "18446744073709551616", "true", R"(" ")"}) {
            EXPECT_EQ(shown(card), "matched=yes") << key << card;
        }
        for (const auto* none : {"null", "false", R"("")", "{}", "[]", " { } ", " [ ] "}) {
            EXPECT_EQ(shown(none), "matched=no") << key << none;
        }
    }
    expect_shown({
        {R"({"matched_card":{},"matched_dossier":"5"})", "matched=yes"},
        {R"({"matched_card":"5","matched_dossier":null})", "matched=yes"},
        {R"({"matched_card":null,"matched_dossier":[]})", "matched=no"},
        {R"({"matched":false,"matched_card":{"name":"Ann"}})", "matched=no"},
        {R"({"matched_card":{"name":"Ann"},"matched_card":{}})", "matched=no"},
        {R"({"matched_card":{},"matched_card":{"name":"Ann"}})", "matched=yes"},
        {R"({"features":{"matched_card":"5"}})", "matched=no"},
    });
}

TEST(ReadEvent, ReadsNumbersOfEveryForm) {
    expect_shown({
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

TEST(ReadEvent, UsesOnlyTheLastOfEqualKeys) {
    expect_shown({
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

TEST(ReadEvent, AcceptsIdsThatFitIntoARecord) {
    const auto longest = std::string(256, 'x');
    expect_shown({
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

TEST(ReadEvent, ReadsEventsOfRealProducers) {
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
        {"face_numbers_as_strings", "id=17 type=face bs_type=overall matched=yes medmask=none"},
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

} // namespace
} // namespace agent
