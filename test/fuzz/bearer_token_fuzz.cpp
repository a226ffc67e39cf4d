// A token's life, whatever the server says in it, is one that can be waited for. The bytes are the
// token, or what a JWT claims.

#include "agent/findface/bearer_token.hpp"
#include "common/base/crypto.hpp"
#include "test/fuzz/target.hpp"

#include <nlohmann/json.hpp>

namespace {

using fuzz::require;
using namespace std::chrono_literals;

constexpr auto longest = common::Millis{24h * 3650};

std::string jwt(std::string_view claims) {
    auto text = common::base64(claims);
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    return "e30." + text + ".c2lnbg";
}

void read_token(const std::string& text) {
    const common::WallTime now{1'700'000'000s};
    const auto life = agent::findface::token_life(text, now);
    require(!life || (*life >= 0ms && *life <= longest), "a life is bounded");
    const common::Instant received{1h};
    const auto token = agent::findface::bearer_token_from(text, received, now);
    require(token.text == text, "the token is sent as it came");
    require(token.renew_at.has_value() == life.has_value(), "it is renewed if its life is known");
    if (life) {
        require(*token.renew_at >= received && *token.renew_at <= received + *life,
                "before it ends");
        require(agent::findface::token_life(text + "x", now) == life, "the signature says nothing");
    }
}

void read(std::string_view bytes) {
    read_token(std::string{bytes});
    read_token(jwt(bytes));
    const auto claims = nlohmann::json::parse(bytes, nullptr, false);
    if (claims.is_object() && claims.contains("iat") && claims["iat"].is_number()) {
        require(agent::findface::token_life(jwt(bytes), {}) ==
                    agent::findface::token_life(jwt(bytes), common::WallTime{1'700'000'000s}),
                "a life with a beginning does not depend on this clock");
    }
}

const fuzz::Registered registered{{"bearer_token", read}};

} // namespace
