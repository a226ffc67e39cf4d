#include "agent/findface/bearer_token.hpp"

#include "common/base/crypto.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace agent::findface {

namespace {

constexpr common::Millis margin_max{30'000};
constexpr double life_max_s = 10.0 * 365 * 24 * 3600; // a longer life would overflow Millis

std::optional<double> claim(const nlohmann::json& claims, const char* name) {
    const auto found = claims.find(name);
    if (found == claims.end() || !found->is_number()) {
        return std::nullopt;
    }
    return found->get<double>();
}

} // namespace

std::optional<common::Millis> token_life(std::string_view text, common::WallTime wall) {
    const auto first = text.find('.');
    const auto second = first == std::string_view::npos ? first : text.find('.', first + 1);
    if (second == std::string_view::npos) {
        return std::nullopt;
    }
    const auto payload = common::from_base64url(text.substr(first + 1, second - first - 1));
    if (!payload) {
        return std::nullopt;
    }
    const auto claims = nlohmann::json::parse(*payload, nullptr, false);
    if (!claims.is_object()) {
        return std::nullopt;
    }
    const auto exp = claim(claims, "exp");
    if (!exp) {
        return std::nullopt;
    }
    const double begin = claim(claims, "iat").value_or(common::seconds(wall.time_since_epoch()));
    const double life_s = *exp - begin;
    if (!(life_s > 0)) {
        return std::nullopt;
    }
    return std::chrono::duration_cast<common::Millis>(
        std::chrono::duration<double>{std::min(life_s, life_max_s)});
}

BearerToken bearer_token_from(std::string text, common::Instant received, common::WallTime wall) {
    const auto life = token_life(text, wall);
    if (!life) {
        return {std::move(text), std::nullopt};
    }
    return {std::move(text), received + *life - std::min(*life / 10, margin_max)};
}

} // namespace agent::findface
