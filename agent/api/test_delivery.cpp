#include "agent/api/test_delivery.hpp"

#include "agent/api/replies.hpp"
#include "agent/webhooks/test_event.hpp"
#include "agent/webhooks/webhook_name.hpp"
#include "common/net/problem.hpp"

#include <nlohmann/json.hpp>

namespace agent {

namespace {

using common::HttpReply;

/// The event in `body`, as it came; an error is the answer.
tl::expected<std::string, HttpReply> text_of_one(const std::string& body) {
    return read_one_event(body).map([](const OneEvent& one) { return std::string{one.text}; });
}

HttpReply not_served(const Webhook& webhook) {
    return common::problem(409, "the webhook is " + std::string{to_string(webhook.state)} +
                                    (webhook.reason.empty() ? "" : ": " + webhook.reason) +
                                    "; a test goes only to one that is served");
}

} // namespace

common::Task<HttpReply> TestDelivery::post(std::string webhook, std::string body) {
    const auto snapshot = cache_.snapshot();
    const auto key = find_webhook(webhook, names_of(*snapshot));
    if (!key) {
        co_return common::problem(404, key.error().message);
    }
    auto to = snapshot->find(*key);
    if (to->state != WebhookState::serving) {
        co_return not_served(*to);
    }
    const auto uuid = ids_.next(clock_.wall());
    auto text = body.empty() ? sample_event(*to, uuid) : text_of_one(body);
    if (!text) {
        co_return std::move(text.error());
    }
    NewEvent event;
    event.event_id = test_event_id(uuid);
    event.id_given = false; // never a duplicate
    event.bytes = std::make_shared<const std::string>(std::move(*text));
    event.deliveries.push_back({std::move(to), std::nullopt});
    const auto event_id = event.event_id;
    event.test = true;
    std::vector<NewEvent> events;
    events.push_back(std::move(event));
    // Named, as every co_await wants its arguments (common/async/task.hpp).
    UnmatchedEvents none;
    Listing listing{snapshot, 0};
    const auto added = co_await queue_.add(std::move(events), std::move(none), std::move(listing));
    if (!added) {
        co_return common::problem(503, "the test was not sent: " + added.error().message,
                                  {{"Retry-After", "5"}});
    }
    nlohmann::ordered_json answer{{"delivery", added->last_delivery},
                                  {"event_id", event_id},
                                  {"webhook", *key},
                                  {"seq", nullptr}};
    if (const auto seq = queue_.events().seq_of(added->last_delivery)) {
        answer["seq"] = *seq;
    }
    co_return common::json_reply(202, answer.dump());
}

} // namespace agent
