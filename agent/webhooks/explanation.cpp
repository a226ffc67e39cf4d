#include "agent/webhooks/explanation.hpp"

#include "agent/events/envelope.hpp"

#include <nlohmann/json.hpp>
#include <utility>

namespace agent {

namespace {

using nlohmann::json;

json mismatch_json(const Mismatch& mismatch) {
    json failed{{"filter", mismatch.filter},
                {"wanted", json::parse(mismatch.wanted)},
                {"found", json::parse(mismatch.found)}};
    if (!mismatch.hint.empty()) {
        failed["hint"] = mismatch.hint;
    }
    return failed;
}

} // namespace

std::vector<Mismatch> explain(const Webhook& webhook, const Event& event,
                              const UnreadValues& unread) {
    if (webhook.state == WebhookState::serving) {
        return webhook.filters.explain_all(event, unread);
    }
    return {{"state", "\"serving\"", '"' + std::string{to_string(webhook.state)} + '"',
             webhook.reason}};
}

json explanation_json(const Webhook& webhook, const Event& event, const UnreadValues& unread) {
    const auto failed = explain(webhook, event, unread);
    json explanation{{"key", webhook.key},
                     {"name", webhook.name},
                     {"state", to_string(webhook.state)},
                     {"matches", failed.empty()},
                     {"failed", failed.empty() ? json{} : mismatch_json(failed.front())}};
    for (std::size_t i = 1; i < failed.size(); ++i) {
        explanation["also_failed"].push_back(mismatch_json(failed[i]));
    }
    return explanation;
}

json explanation_json(const Snapshot& snapshot, const Event& event, std::string_view text) {
    const auto unread = unread_values(text);
    auto list = json::array();
    for (const auto& webhook : snapshot.webhooks) {
        list.push_back(explanation_json(*webhook, event, unread));
    }
    json explanation{{"webhooks", std::move(list)}};
    if (auto note = envelope_hint(event, text); !note.empty()) {
        explanation["note"] = std::move(note);
    }
    return explanation;
}

} // namespace agent
