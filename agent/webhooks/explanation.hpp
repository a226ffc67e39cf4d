// Why an event does or does not match: the answers of `ffl-agent explain` and POST /v1/explain.
// Pure.
#pragma once

#include "agent/webhooks/webhook.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string_view>
#include <vector>

namespace agent {

/// Every filter that does not hold, in the order of the check; empty if the event matches. For a
/// webhook that is not serving, its state is the only one. `unread` are the event's
/// unread_values().
std::vector<Mismatch> explain(const Webhook& webhook, const Event& event,
                              const UnreadValues& unread = {});

/// {"key","name","state","matches","failed"}: the first filter that does not hold, and the others
/// in "also_failed" if there are any.
nlohmann::json explanation_json(const Webhook& webhook, const Event& event,
                                const UnreadValues& unread);

/// The same for all webhooks, {"webhooks":[…]}, about an event that `text` was read as. With a
/// "note" where the text is an envelope rather than an event.
nlohmann::json explanation_json(const Snapshot& snapshot, const Event& event,
                                std::string_view text);

} // namespace agent
