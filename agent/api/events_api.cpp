#include "agent/api/events_api.hpp"

#include "agent/api/query_reader.hpp"
#include "agent/api/replies.hpp"
#include "common/net/problem.hpp"
#include "common/text/invalid.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <string_view>
#include <unordered_set>

namespace agent {

namespace {

using common::HttpReply;
using common::Result;
using common::Task;
using nlohmann::json;

const std::vector<std::string> event_parameters{"limit", "camera", "webhook", "after"};
constexpr std::int64_t most_events = 1'000;
constexpr std::size_t most_bytes = std::size_t{2} << 20; // of one answer, roughly
constexpr std::size_t held_bytes = 3 * most_bytes;       // while it is put together

/// As filters and events have it: up to 64 bits, with a sign.
Result<Id> id_of(const std::string& text) {
    const bool minus = text.starts_with('-');
    Id id;
    const auto* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data() + (minus ? 1 : 0), last, id.magnitude);
    constexpr auto lowest = std::uint64_t{1} << 63U;
    if (error != std::errc{} || end != last || (minus && id.magnitude > lowest)) {
        return common::fail(common::Fault::input,
                            common::invalid("camera", common::shown(json(text)),
                                            "the id of a camera, a whole number"));
    }
    id.negative = minus && id.magnitude > 0;
    return id;
}

} // namespace

Result<EventsQuery> read_events_query(std::string_view query) {
    EventsQuery wanted;
    const auto apply = [&](const std::string& name, const std::string& value) -> Result<void> {
        if (name == "webhook") {
            wanted.webhook = value;
            return {};
        }
        if (name == "camera") {
            return id_of(value).map([&](Id id) { wanted.camera = id; });
        }
        const bool limit = name == "limit";
        return number_of(name, value, limit ? 1 : 0).map([&](std::int64_t number) {
            if (limit) {
                wanted.limit = static_cast<std::size_t>(std::min(number, most_events));
            } else {
                wanted.after = static_cast<std::uint64_t>(number);
            }
        });
    };
    return read_query(query, event_parameters, apply).map([&] { return wanted; });
}

EventView EventsApi::view() const {
    EventView view;
    view.now = clock_.now();
    view.queue_time = queue_.queue_time();
    view.probe_in = probe_in_;
    return view;
}

std::vector<WebhookName> EventsApi::removed_webhooks() const {
    std::unordered_set<std::string_view> keys; // of the snapshots, which the list holds
    const auto known = cache_.snapshot();
    for (const auto& webhook : known->webhooks) {
        keys.insert(webhook->key);
    }
    std::vector<WebhookName> removed;
    const Snapshot* last = known.get();
    const auto& events = queue_.events();
    for (const auto seq : events.numbers(0, SIZE_MAX)) {
        const auto* event = events.event(seq);
        if (event == nullptr || event->snapshot.get() == last) {
            continue;
        }
        last = event->snapshot.get();
        for (const auto& webhook : last->webhooks) {
            if (keys.insert(webhook->key).second) {
                removed.push_back({webhook->key, webhook->name});
            }
        }
    }
    return removed;
}

std::optional<HttpReply> EventsApi::resolve_webhook(std::optional<std::string>& webhook) const {
    if (!webhook) {
        return std::nullopt;
    }
    const auto names = names_of(*cache_.snapshot());
    auto key = find_webhook(*webhook, names);
    if (!key) {
        if (auto removed = find_webhook(*webhook, removed_webhooks())) {
            key = std::move(removed);
        }
    }
    if (!key) {
        return no_such_webhook(*webhook, names, key.error());
    }
    webhook = std::move(*key);
    return std::nullopt;
}

std::optional<EventsApi::Entry> EventsApi::find(std::uint64_t seq,
                                                const EventsQuery& wanted) const {
    const auto& events = queue_.events();
    if (const auto* refused = events.refusal(seq)) {
        // It belongs to no camera and to no webhook.
        return wanted.camera || wanted.webhook ? std::nullopt
                                               : std::optional{Entry{refused, nullptr, {}}};
    }
    const auto* listed = events.event(seq);
    if (listed == nullptr) {
        return std::nullopt;
    }
    auto event = read_event(listed->text.view()).value_or(Event{});
    if (wanted.camera && event.camera != wanted.camera) {
        return std::nullopt;
    }
    return Entry{nullptr, listed, std::move(event)};
}

Task<std::optional<std::string>> EventsApi::text_of(std::uint64_t seq, Entry entry,
                                                    const EventView& view,
                                                    common::Turn& turn) const {
    if (entry.refused != nullptr) {
        co_return common::text_of(refusal_json(*entry.refused, view));
    }
    EventText text{*entry.listed, std::move(entry.event), view};
    while (text.add_webhook()) {
        if (turn.is_over()) {
            co_await turn.next();
            if (queue_.events().event(seq) == nullptr) {
                co_return std::nullopt;
            }
        }
    }
    co_return text.end();
}

Task<HttpReply> EventsApi::list(std::string query) {
    auto wanted = read_events_query(query);
    if (!wanted) {
        co_return common::problem(400, wanted.error().message);
    }
    if (auto unknown = resolve_webhook(wanted->webhook)) {
        co_return std::move(*unknown);
    }
    common::MemoryBudget::Share share{memory_};
    if (!share.resize(held_bytes, common::MemoryBudget::Rank::trusted)) {
        co_return no_memory_for_reply(memory_);
    }
    auto& events = queue_.events();
    const auto last = events.last();
    auto shown = view();
    shown.webhook = wanted->webhook;
    std::string text = "{\"events\":[";
    std::size_t count = 0;
    bool more = false;
    common::Turn turn{clock_};
    for (const auto seq : events.numbers(wanted->after, SIZE_MAX)) {
        if (turn.is_over()) {
            co_await turn.next();
        }
        // What became too old in between is left out.
        auto entry = find(seq, *wanted);
        if (!entry) {
            continue;
        }
        if (count == wanted->limit) {
            more = true;
            break;
        }
        const auto one = co_await text_of(seq, std::move(*entry), shown, turn);
        if (!one) {
            continue;
        }
        if (count > 0 && text.size() + one->size() > most_bytes) {
            more = true;
            break;
        }
        text += count++ == 0 ? "" : ",";
        text += *one;
    }
    text += "],\"last\":" + std::to_string(last) +
            ",\"enabled\":" + (config_.ingest.event_list > 0 ? "true" : "false") +
            ",\"more\":" + (more ? "true" : "false") + ",\"list_id\":\"" + list_id_ + "\"}";
    co_return fresh_json(std::move(text));
}

Task<HttpReply> EventsApi::show(std::string seq) {
    const auto number = number_of("seq", seq, 0);
    if (!number) {
        co_return common::problem(400, number.error().message);
    }
    common::MemoryBudget::Share share{memory_};
    if (!share.resize(held_bytes, common::MemoryBudget::Rank::trusted)) {
        co_return no_memory_for_reply(memory_);
    }
    auto shown = view();
    shown.details = true;
    shown.most_unmatched = 10'000;
    common::Turn turn{clock_};
    auto entry = find(static_cast<std::uint64_t>(*number), {});
    std::optional<std::string> one;
    if (entry) {
        one = co_await text_of(static_cast<std::uint64_t>(*number), std::move(*entry), shown, turn);
    }
    if (!one) {
        const auto last = queue_.events().last();
        co_return common::problem(
            404,
            "event " + seq + " is not in the list: " +
                (static_cast<std::uint64_t>(*number) > last
                     ? "the last one since the agent's start is " + std::to_string(last)
                     : "it is older than the last " + std::to_string(config_.ingest.event_list) +
                           " ([ingest] event_list)"));
    }
    co_return fresh_json(std::move(*one));
}

} // namespace agent
