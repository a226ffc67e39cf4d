// Webhook: a definition as on the manual's page, checked, with this device's settings for it. Pure
// values; immutable once in a snapshot.
//
// agent/webhooks decides everything about webhooks without side effects: what a definition means,
// which events match, what to send and what a reply means. It uses agent/events, common/net,
// common/text and common/base only.
#pragma once

#include "agent/webhooks/filter.hpp"
#include "common/base/time.hpp"
#include "common/net/http.hpp"
#include "common/net/url.hpp"

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agent {

enum class BodyShape { object, array };
enum class CooldownKey { webhook, card, plate, camera };

/// The INI's settings for deliveries to one webhook: [delivery], overridden by the first [webhook
/// GLOB] that matches its name.
struct DeliverySettings {
    BodyShape body = BodyShape::object;
    common::Millis timeout{10'000};
    common::Millis max_age{0};  ///< 0: never expires
    common::Millis cooldown{0}; ///< 0: none
    CooldownKey cooldown_key = CooldownKey::webhook;
    common::Headers headers;
    std::vector<std::string> signing_keys; ///< raw bytes, newest first
    common::TlsFiles tls;
    std::string agent_id; ///< of this process: sent along, so that it knows its own requests
    bool operator==(const DeliverySettings&) const = default;
};

/// The error of a delivery to this agent's own address, and the warning about its webhook.
inline constexpr std::string_view targets_agent_itself =
    "the target is this agent itself ([ingest] listen): each event would come back and be "
    "delivered "
    "again; expected the address of another service";

/// Only `serving` webhooks get new events; the deliveries of the others wait.
enum class WebhookState { serving, inactive, excluded, unsupported };
std::string_view to_string(WebhookState state);

struct Webhook {
    std::string key;    ///< see server_key() and local_key()
    std::string name;   ///< empty if the definition has no valid name
    bool active = true; ///< as the definition says; false if its value is not a boolean
    WebhookState state = WebhookState::unsupported;
    std::string reason;                ///< why it is unsupported or excluded
    std::vector<std::string> warnings; ///< contradictions, misspelt keys; served as written
    common::Url target;                ///< valid unless unsupported
    Filters filters;
    std::uint32_t send_attempts = 0; ///< 0: unlimited
    DeliverySettings settings;
    std::string definition; ///< the JSON object as text; equal texts mean no change
};

/// The webhooks at one moment, in the order of the server's list and then of the local file. Which
/// of them an event matches: WebhookIndex.
struct Snapshot {
    std::vector<std::shared_ptr<const Webhook>> webhooks;
    [[nodiscard]] std::shared_ptr<const Webhook> find(std::string_view key) const;
};

/// Reads and checks a definition as the manual's page describes it. Never fails: a definition that
/// breaks a rule becomes an `unsupported` webhook with every fault in its reason. Otherwise the
/// state is `serving` or `inactive`. The settings are left at their defaults.
Webhook read_webhook(std::string key, const nlohmann::json& definition);

/// Every fault of a definition, each with the field, its value and what is expected.
std::vector<std::string> check_definition(const nlohmann::json& definition);

/// The event's value for `settings.cooldown_key`; an empty string if the cooldown is for the whole
/// webhook. No value without a cooldown or if the event lacks it: the event is never suppressed.
std::optional<std::string> cooldown_value(const DeliverySettings& settings, const Event& event);

} // namespace agent
