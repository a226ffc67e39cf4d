#include "agent/cli/event_words.hpp"

#include "agent/cli/output.hpp"
#include "common/base/printable.hpp"
#include "common/text/invalid.hpp"
#include "common/text/json.hpp"

#include <nlohmann/json.hpp>
#include <vector>

namespace agent {

namespace {

using nlohmann::json;

constexpr std::size_t most_in_a_line = 4; // webhooks without a delivery

std::string attempts_words(const json& webhook) {
    const auto attempts = webhook.value("attempts", 0ULL);
    return std::to_string(attempts) + (attempts == 1 ? " attempt" : " attempts");
}

std::string with_error(std::string words, const json& webhook) {
    const auto error = text_in(webhook, "last_error");
    return error.empty() ? words : words + ": " + error;
}

std::string waiting_words(const json& webhook) {
    if (webhook.value("attempts", 0ULL) == 0) {
        return with_error("waiting for its first attempt", webhook);
    }
    return with_error("waiting, next attempt in " +
                          show_seconds(webhook.value("next_attempt_s", json{})) + ", " +
                          attempts_words(webhook) + " failed",
                      webhook);
}

std::string delivered_words(const json& webhook) {
    const auto took = webhook.value("took_ms", 0LL);
    constexpr long long long_time = 10'000;
    auto words = "delivered in " + (took < long_time ? std::to_string(took) + " ms"
                                                     : show_seconds(json(took / 1000)));
    if (webhook.value("attempts", 1ULL) > 1) {
        words += " with " + attempts_words(webhook);
    }
    return words;
}

std::string not_matched_words(const json& webhook) {
    const auto failed = webhook.value("failed", json::array());
    if (failed.empty()) {
        return "not matched";
    }
    auto words = "not matched, " + filter_words(failed.front(), false);
    if (failed.size() > 1) {
        words += " (and " + std::to_string(failed.size() - 1) +
                 (failed.size() == 2 ? " more filter)" : " more filters)");
    }
    return words;
}

bool has_no_delivery(const json& webhook) {
    return !webhook.contains("delivery") && webhook.value("state", "") != "suppressed";
}

EventPart::Kind kind_of(const json& webhook) {
    const auto state = text_in(webhook, "state");
    return state == "delivered" ? EventPart::Kind::delivered
           : state == "waiting" ? EventPart::Kind::waiting
           : state == "dead" || state == "expired" || state == "dropped" ? EventPart::Kind::lost
                                                                         : EventPart::Kind::other;
}

} // namespace

std::string value_or_dash(const json& value) {
    return value.is_null()     ? "-"
           : value.is_string() ? text_or(value, "-")
                               : common::printable(value.dump());
}

std::string webhook_title(const json& webhook) {
    return text_or(webhook.value("name", json{}), text_or(webhook.value("key", json{}), "?"));
}

std::string filter_words(const json& failed, bool with_hint) {
    auto words = text_in(failed, "filter") + " wants " +
                 common::printable(common::shown(failed.value("wanted", json{}))) + ", found " +
                 common::printable(common::shown(failed.value("found", json{})));
    const auto hint = text_in(failed, "hint");
    return with_hint && !hint.empty() ? words + " (" + hint + ")" : words;
}

std::string outcome_words(const json& webhook) {
    const auto state = text_in(webhook, "state");
    if (state == "delivered") {
        return delivered_words(webhook);
    }
    if (state == "not_matched") {
        return not_matched_words(webhook);
    }
    if (state == "waiting") {
        return waiting_words(webhook);
    }
    if (state == "dead") {
        return with_error("dead letter after " + attempts_words(webhook), webhook);
    }
    if (state == "expired") {
        return "expired (max_age) after " + attempts_words(webhook);
    }
    if (state == "dropped") {
        return text_or(webhook.value("last_error", json{}), "dropped");
    }
    if (state == "suppressed") {
        const auto left = webhook.value("wait_s", json{});
        const bool over = !left.is_number() || left.get<double>() <= 0;
        return "kept back by its cooldown" + (over ? "" : ", which ends in " + show_seconds(left));
    }
    if (state == "duplicate") {
        return "not delivered again";
    }
    const auto reason = text_in(webhook, "reason");
    return reason.empty() ? state : state + ": " + reason;
}

std::vector<EventPart> event_parts(const json& event) {
    const auto webhooks = event.value("webhooks", json::array());
    std::vector<EventPart> parts;
    if (event.value("duplicate", false)) {
        parts.push_back({EventPart::Kind::other, "duplicate"});
    }
    std::size_t without = 0;
    for (const auto& webhook : webhooks) {
        without += has_no_delivery(webhook) ? 1 : 0;
    }
    const bool all = without <= most_in_a_line;
    for (const auto& webhook : webhooks) {
        if (all || !has_no_delivery(webhook)) {
            parts.push_back(
                {kind_of(webhook), webhook_title(webhook) + ": " + outcome_words(webhook)});
        }
    }
    without += event.value("webhooks_left_out", std::size_t{0});
    if (!all) {
        parts.push_back(
            {EventPart::Kind::other, std::to_string(without) + " webhooks do not match"});
    }
    if (parts.empty()) {
        parts.push_back({EventPart::Kind::other, "there are no webhooks"});
    }
    return parts;
}

std::string event_words(const json& event) {
    std::vector<std::string> words;
    for (auto& part : event_parts(event)) {
        words.push_back(std::move(part.words));
    }
    return common::joined(words, "; ");
}

std::string refusal_words(const json& refused) {
    const auto times = refused.value("times", 1ULL);
    const auto from = text_in(refused, "from");
    return value_or_dash(refused.value("status", json{})) + ": " + text_in(refused, "detail") +
           " (" + (times > 1 ? std::to_string(times) + " times, " : "") + "from " +
           (from.empty() ? "?" : from) + ")";
}

} // namespace agent
