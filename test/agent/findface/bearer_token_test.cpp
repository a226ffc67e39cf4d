#include "agent/findface/bearer_token.hpp"

#include "test/support/token_mint.hpp"

#include <gtest/gtest.h>

namespace {

using agent::findface::bearer_token_from;
using common::Millis;
using std::chrono::seconds;

const common::WallTime wall{seconds{1'750'000'000}};
const common::Instant received{std::chrono::hours{7}};

std::string jwt(const std::string& claims) {
    return test::base64url(R"({"alg":"HS256","typ":"JWT"})") + "." + test::base64url(claims) +
           ".c2lnbmF0dXJl";
}

struct Case {
    std::string what;
    std::string text;
    std::optional<Millis> life;
};

TEST(BearerToken, ReadsTheLifeThatAJwtNames) {
    const std::vector<Case> cases{
        {"with iat, whatever the wall clock says", jwt(R"({"iat":100,"exp":160})"), Millis{60'000}},
        {"without iat, seen from the wall clock", jwt(R"({"exp":1750000600})"), Millis{600'000}},
        {"with fractions", jwt(R"({"iat":100.5,"exp":102})"), Millis{1'500}},
        {"an iat that is not a number", jwt(R"({"iat":"x","exp":1750000600})"), Millis{600'000}},
        {"practically endless", jwt(R"({"iat":0,"exp":1e300})"),
         Millis{10LL * 365 * 24 * 3600 * 1000}},
        {"no exp", jwt(R"({"iat":100})"), std::nullopt},
        {"expired", jwt(R"({"iat":160,"exp":160})"), std::nullopt},
        {"expired by the wall clock", jwt(R"({"exp":1600000000})"), std::nullopt},
        {"claims that are not an object", jwt("[1,2]"), std::nullopt},
        {"claims that are not JSON", jwt("{"), std::nullopt},
        {"claims that are not base64url", "e30.*.e30", std::nullopt},
        {"opaque", "0123456789abcdef", std::nullopt},
        {"opaque with a dot", "abc.def", std::nullopt},
        {"empty", "", std::nullopt},
    };
    for (const auto& one : cases) {
        EXPECT_EQ(agent::findface::token_life(one.text, wall), one.life) << one.what;
    }
}

TEST(BearerToken, IsRenewedATenthBeforeItsEndAndAtMost30sBefore) {
    const auto brief = bearer_token_from(jwt(R"({"iat":0,"exp":10})"), received, wall);
    EXPECT_FALSE(brief.due(received + Millis{8'999}));
    EXPECT_TRUE(brief.due(received + Millis{9'000}));
    const auto lasting = bearer_token_from(jwt(R"({"iat":0,"exp":3600})"), received, wall);
    EXPECT_FALSE(lasting.due(received + Millis{3'569'999}));
    EXPECT_TRUE(lasting.due(received + Millis{3'570'000}));
}

TEST(BearerToken, IsNeverDueWithoutALife) {
    const auto token = bearer_token_from("opaque", received, wall);
    EXPECT_EQ(token.text, "opaque");
    EXPECT_FALSE(token.due(received + std::chrono::hours{24 * 365 * 50}));
}

} // namespace
