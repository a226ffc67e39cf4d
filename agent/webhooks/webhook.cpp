#include "agent/webhooks/webhook.hpp"

#include "agent/webhooks/filter_parser.hpp"
#include "agent/webhooks/misplaced_filters.hpp"
#include "common/text/invalid.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace agent {

namespace {

using nlohmann::json;

constexpr std::uint64_t max_attempts = 1'000'000;

/// A definition's own fields, and all of its faults.
struct DefinitionCheck {
    Webhook webhook;
    std::vector<std::string> faults;
};

/// The value of a key; null if it is absent or null.
const json* value_of(const json& definition, const char* key) {
    const auto at = definition.find(key);
    return at == definition.end() || at->is_null() ? nullptr : &*at;
}

void read_name(const json& definition, DefinitionCheck& out) {
    const auto* name = value_of(definition, "name");
    if (name == nullptr) {
        out.faults.emplace_back("name is missing: expected a non-empty string");
    } else if (!name->is_string() || name->get_ref<const std::string&>().empty()) {
        out.faults.push_back(common::invalid("name", common::shown(*name), "a non-empty string"));
    } else {
        out.webhook.name = name->get<std::string>();
    }
}

void read_target(const json& definition, DefinitionCheck& out) {
    const auto* target = value_of(definition, "target");
    if (target == nullptr) {
        out.faults.emplace_back("target is missing: expected an http or https URL");
        return;
    }
    if (!target->is_string()) {
        out.faults.push_back("target is " + std::string{common::kind_of(*target)} +
                             ": expected an http or https URL");
        return;
    }
    // The text may contain a password; the messages of parse_url() never show one.
    auto url = common::parse_url(target->get_ref<const std::string&>());
    if (!url) {
        out.faults.push_back("target: " + url.error().message);
        return;
    }
    out.webhook.target = std::move(*url);
}

void read_active(const json& definition, DefinitionCheck& out) {
    if (const auto* active = value_of(definition, "active")) {
        if (active->is_boolean()) {
            out.webhook.active = active->get<bool>();
        } else {
            out.webhook.active = false;
            out.faults.push_back(
                common::invalid("active", common::shown(*active), "true or false"));
        }
    }
}

void read_send_attempts(const json& definition, DefinitionCheck& out) {
    const auto* attempts = value_of(definition, "send_attempts");
    if (attempts == nullptr) {
        return;
    }
    // A value built in code may be signed without being negative.
    const bool whole = attempts->is_number_unsigned() ||
                       (attempts->is_number_integer() && attempts->get<std::int64_t>() >= 0);
    if (!whole || attempts->get<std::uint64_t>() > max_attempts) {
        out.faults.push_back(common::invalid("send_attempts", common::shown(*attempts),
                                             "a whole number from 0 (unlimited) to " +
                                                 std::to_string(max_attempts)));
        return;
    }
    out.webhook.send_attempts = attempts->get<std::uint32_t>();
}

void read_filters(const json& definition, DefinitionCheck& out) {
    const auto* filters = value_of(definition, "filters");
    if (filters == nullptr) {
        return;
    }
    auto parsed = parse_filters(*filters);
    out.webhook.filters = std::move(parsed.filters);
    out.webhook.warnings = std::move(parsed.warnings);
    std::ranges::move(parsed.faults, std::back_inserter(out.faults));
}

DefinitionCheck check(const json& definition) {
    DefinitionCheck out;
    if (!definition.is_object()) {
        out.faults.push_back("the definition is " + std::string{common::kind_of(definition)} +
                             ": expected a JSON object");
        return out;
    }
    read_name(definition, out);
    read_active(definition, out);
    read_target(definition, out);
    read_filters(definition, out);
    std::ranges::move(misplaced_filters(definition), std::back_inserter(out.faults));
    std::ranges::move(misspelt_keys(definition), std::back_inserter(out.webhook.warnings));
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
