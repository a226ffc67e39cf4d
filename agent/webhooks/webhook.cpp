#include "agent/webhooks/webhook.hpp"

#include "common/text/invalid.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace agent {

namespace {

using nlohmann::json;

constexpr std::uint64_t most_attempts = 1'000'000;

/// What a definition says, and everything that is wrong with it.
struct Checked {
    Webhook webhook;
    std::vector<std::string> faults;
};

/// The value of a key; null as if it were not there.
const json* value_of(const json& definition, const char* key) {
    const auto at = definition.find(key);
    return at == definition.end() || at->is_null() ? nullptr : &*at;
}

void read_name(const json& definition, Checked& out) {
    const auto* name = value_of(definition, "name");
    if (name == nullptr) {
        out.faults.emplace_back("name: is missing; a non-empty string is needed");
    } else if (!name->is_string() || name->get_ref<const std::string&>().empty()) {
        out.faults.push_back("name: " + common::shown(*name) +
                             " is not allowed; allowed is a non-empty string");
    } else {
        out.webhook.name = name->get<std::string>();
    }
}

void read_target(const json& definition, Checked& out) {
    const auto* target = value_of(definition, "target");
    if (target == nullptr) {
        out.faults.emplace_back("target: is missing; an http or https URL is needed");
        return;
    }
    if (!target->is_string()) {
        out.faults.push_back("target: must be a string with an http or https URL, not " +
                             std::string{common::kind_of(*target)});
        return;
    }
    // The text itself may hold a password: only parse_url may speak of it.
    auto url = common::parse_url(target->get_ref<const std::string&>());
    if (!url) {
        out.faults.push_back("target: " + url.error().message);
        return;
    }
    out.webhook.target = std::move(*url);
}

void read_active(const json& definition, Checked& out) {
    if (const auto* active = value_of(definition, "active")) {
        if (active->is_boolean()) {
            out.webhook.active = active->get<bool>();
        } else {
            out.faults.push_back("active: " + common::shown(*active) +
                                 " is not allowed; allowed are true and false");
        }
    }
}

void read_send_attempts(const json& definition, Checked& out) {
    const auto* attempts = value_of(definition, "send_attempts");
    if (attempts == nullptr) {
        return;
    }
    // A value built in code may be a signed integer though it is not negative.
    const bool whole = attempts->is_number_unsigned() ||
                       (attempts->is_number_integer() && attempts->get<std::int64_t>() >= 0);
    if (!whole || attempts->get<std::uint64_t>() > most_attempts) {
        out.faults.push_back("send_attempts: " + common::shown(*attempts) +
                             " is not allowed; allowed is a whole number from 0 (unlimited) to " +
                             std::to_string(most_attempts));
        return;
    }
    out.webhook.send_attempts = attempts->get<std::uint32_t>();
}

void read_filters(const json& definition, Checked& out) {
    const auto* filters = value_of(definition, "filters");
    if (filters == nullptr) {
        return;
    }
    auto faults = Filters::faults(*filters);
    std::ranges::move(faults, std::back_inserter(out.faults));
    if (auto parsed = Filters::parse(*filters)) {
        out.webhook.warnings = parsed->warnings();
        out.webhook.filters = std::move(*parsed);
    }
}

Checked check(const json& definition) {
    Checked out;
    if (!definition.is_object()) {
        out.faults.push_back("a webhook must be a JSON object, this is " +
                             std::string{common::kind_of(definition)});
        return out;
    }
    read_name(definition, out);
    read_active(definition, out);
    read_target(definition, out);
    read_filters(definition, out);
    read_send_attempts(definition, out);
    return out;
}

} // namespace

std::string_view to_string(WebhookState state) {
    switch (state) {
    case WebhookState::serving:
        return "serving";
    case WebhookState::inactive:
        return "inactive";
    case WebhookState::excluded:
        return "excluded";
    case WebhookState::unsupported:
        break;
    }
    return "unsupported";
}

std::shared_ptr<const Webhook> Snapshot::find(std::string_view key) const {
    const auto at =
        std::ranges::find_if(webhooks, [&](const auto& webhook) { return webhook->key == key; });
    return at == webhooks.end() ? nullptr : *at;
}

Webhook read_webhook(std::string key, const json& definition) {
    auto [webhook, faults] = check(definition);
    webhook.key = std::move(key);
    webhook.definition = common::text_of(definition);
    if (!faults.empty()) {
        webhook.state = WebhookState::unsupported;
        webhook.reason = common::joined(faults);
    } else {
        webhook.state = webhook.active ? WebhookState::serving : WebhookState::inactive;
    }
    return webhook;
}

std::vector<std::string> check_definition(const json& definition) {
    return check(definition).faults;
}

std::vector<std::shared_ptr<const Webhook>> match(const Snapshot& snapshot, const Event& event) {
    std::vector<std::shared_ptr<const Webhook>> matching;
    for (const auto& webhook : snapshot.webhooks) {
        if (webhook->state == WebhookState::serving && webhook->filters.matches(event)) {
            matching.push_back(webhook);
        }
    }
    return matching;
}

std::vector<MatchResult> explain(const Snapshot& snapshot, const Event& event) {
    std::vector<MatchResult> verdicts;
    for (const auto& webhook : snapshot.webhooks) {
        MatchResult verdict{webhook, false, {}};
        if (webhook->state == WebhookState::serving) {
            verdict.mismatch = webhook->filters.explain(event);
            verdict.matches = !verdict.mismatch;
        } else {
            verdict.mismatch =
                Mismatch{"state", "\"serving\"", '"' + std::string{to_string(webhook->state)} + '"',
                         webhook->reason};
        }
        verdicts.push_back(std::move(verdict));
    }
    return verdicts;
}

json explanation_json(const std::vector<MatchResult>& verdicts) {
    auto list = json::array();
    for (const auto& [webhook, matches, mismatch] : verdicts) {
        json failed;
        if (mismatch) {
            failed = {{"filter", mismatch->filter},
                      {"wanted", json::parse(mismatch->wanted)},
                      {"found", json::parse(mismatch->found)}};
            if (!mismatch->hint.empty()) {
                failed["hint"] = mismatch->hint;
            }
        }
        list.push_back({{"key", webhook->key},
                        {"name", webhook->name},
                        {"state", to_string(webhook->state)},
                        {"matches", matches},
                        {"failed", std::move(failed)}});
    }
    return {{"webhooks", std::move(list)}};
}

std::optional<std::string> cooldown_value(const DeliverySettings& settings, const Event& event) {
    const auto text = [](const std::optional<Id>& id) {
        return id ? std::optional{id->text()} : std::nullopt;
    };
    if (settings.cooldown == common::Millis{0}) {
        return {};
    }
    switch (settings.cooldown_key) {
    case CooldownKey::card:
        return text(event.card);
    case CooldownKey::plate:
        return event.plate;
    case CooldownKey::camera:
        return text(event.camera);
    case CooldownKey::webhook:
        break;
    }
    return std::string{};
}

} // namespace agent
