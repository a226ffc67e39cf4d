// Webhook: a definition as on the manual's page, checked; and what this device makes of it. Pure
// values; immutable once in a snapshot.
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

/// What the INI says about deliveries to one webhook: [delivery] and the first [webhook GLOB] that
/// matches its name.
struct DeliverySettings {
    BodyShape body = BodyShape::object;
    common::Millis timeout{10'000};
    common::Millis max_age{0};  ///< 0: never expires
    common::Millis cooldown{0}; ///< 0: none
    CooldownKey cooldown_key = CooldownKey::webhook;
    common::Headers headers;
    std::vector<std::string> signing_keys; ///< raw bytes, newest first
    common::TlsFiles tls;
};

/// `serving` webhooks get new events and deliveries; of the others the deliveries wait.
enum class WebhookState { serving, inactive, excluded, unsupported };
std::string_view to_string(WebhookState state);

struct Webhook {
    std::string key;    ///< the server's id in decimal, or "local:NAME"
    std::string name;   ///< may be empty where the definition is broken
    bool active = true; ///< as the definition says
    WebhookState state = WebhookState::unsupported;
    std::string reason;                ///< why unsupported or excluded
    std::vector<std::string> warnings; ///< contradictions, served as written
    common::Url target;                ///< valid unless unsupported
    Filters filters;
    std::uint32_t send_attempts = 0; ///< 0: unlimited
    DeliverySettings settings;
    std::string definition; ///< the JSON object as text; equal texts: nothing changed
};

/// The webhooks at one moment, in the order of the server's list and then of the local file.
struct Snapshot {
    std::vector<std::shared_ptr<const Webhook>> webhooks;
    [[nodiscard]] std::shared_ptr<const Webhook> find(std::string_view key) const;
};

/// A definition's own fields, checked against the manual's page. Never fails: what breaks a rule
/// gives an `unsupported` webhook with every fault as its reason. `state` is serving, inactive or
/// unsupported.
Webhook read_webhook(std::string key, const nlohmann::json& definition);

/// Checks a definition that is to be sent to the server: every fault, each naming field, value and
/// what is allowed. Empty: good.
std::vector<std::string> check_definition(const nlohmann::json& definition);

/// What an event does with one webhook.
struct MatchResult {
    std::shared_ptr<const Webhook> webhook;
    bool matches = false;
    std::optional<Mismatch> mismatch;
};
/// The serving webhooks that the event matches.
std::vector<std::shared_ptr<const Webhook>> match(const Snapshot& snapshot, const Event& event);
/// Every webhook, with the filter that says no; for one that is not serving the mismatch names its
/// state.
std::vector<MatchResult> explain(const Snapshot& snapshot, const Event& event);
/// The answer of POST /v1/explain.
nlohmann::json explanation_json(const std::vector<MatchResult>& verdicts);

/// The value that `settings.cooldown_key` looks at (empty for the whole webhook); nothing without a
/// cooldown or where the event lacks the value: then the event is never suppressed.
std::optional<std::string> cooldown_value(const DeliverySettings& settings, const Event& event);

} // namespace agent
