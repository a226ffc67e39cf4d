#include "agent/api/explain_api.hpp"

#include "agent/api/replies.hpp"
#include "agent/events/envelope.hpp"
#include "agent/webhooks/explanation.hpp"
#include "common/async/turn.hpp"
#include "common/text/json.hpp"
#include "common/text/or_null.hpp"

#include <nlohmann/json.hpp>

namespace agent {

namespace {

using common::HttpReply;
using nlohmann::json;

constexpr std::size_t explain_budget_step = std::size_t{256} << 10;

} // namespace

std::string ExplainApi::entry(const Webhook& webhook, const Event& event,
                              const UnreadValues& unread) const {
    auto shown = explanation_json(webhook, event, unread);
    const auto value = cooldown_value(webhook.settings, event);
    const auto left = value ? sources_.queue.cooldown_left(webhook.key, *value) : common::Millis{0};
    shown["cooldown_s"] = left.count() > 0 ? json(common::seconds(left)) : json{};
    shown["pending"] = sources_.queue.pending(webhook.key);
    shown["last_error"] = common::text_or_null(sources_.counted(webhook.key).last_error);
    return common::text_of(shown);
}

common::Task<HttpReply> ExplainApi::post(std::string body) {
    const auto one = read_one_event(body);
    if (!one) {
        co_return one.error();
    }
    const auto& event = one->event;
    const auto unread = unread_values(one->text);
    const bool duplicate = event.id && sources_.queue.is_duplicate(*event.id, one->text);
    const auto note = envelope_hint(event, one->text);
    common::MemoryBudget::Share share{memory_};
    std::string text = std::string{"{\"duplicate\":"} + (duplicate ? "true" : "false") +
                       (note.empty() ? "" : ",\"note\":" + common::text_of(json(note))) +
                       ",\"webhooks\":[";
    const auto snapshot = sources_.cache.snapshot();
    common::Turn turn{sources_.clock};
    for (const auto& webhook : snapshot->webhooks) {
        if (turn.is_over()) {
            co_await turn.next();
        }
        text += webhook == snapshot->webhooks.front() ? "" : ",";
        text += entry(*webhook, event, unread);
        if (text.size() > share.bytes() && !share.resize(text.size() + explain_budget_step)) {
            co_return no_memory_for_reply(memory_);
        }
    }
    text += "]}";
    co_return fresh_json(std::move(text));
}

} // namespace agent
