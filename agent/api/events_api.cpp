#include "agent/api/events_api.hpp"

#include "agent/api/query_reader.hpp"
#include "common/net/problem.hpp"
#include "common/text/invalid.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

using common::HttpReply;
using common::Result;
using common::Task;
using nlohmann::json;

const std::vector<std::string> parameter_names{"limit", "camera", "webhook", "after"};
constexpr std::int64_t max_limit = 1'000;
constexpr std::size_t most_bytes = std::size_t{2} << 20; // of one answer, roughly
constexpr std::size_t held_bytes = 3 * most_bytes;       // while it is put together
constexpr common::Millis longest_turn{1};

HttpReply no_memory(common::MemoryBudget& memory) {
    memory.note_refusal();
    return common::problem(503, "the memory for replies is in use; try again later",
                           {{"Retry-After", "1"}});
}

HttpReply fresh(std::string text) {
    auto reply = common::json_reply(200, std::move(text));
    reply.headers.push_back({"Cache-Control", "no-store"});
    return reply;
}

Result<Id> id_of(const std::string& text) {
    const auto number = number_of("camera", text, INT64_MIN);
    if (!number) {
        return common::fail(common::Fault::input,
                            common::invalid("camera", common::shown(json(text)),
                                            "the id of a camera, a whole number"));
    }
    return Id{*number < 0, *number < 0 ? -static_cast<std::uint64_t>(*number)
                                       : static_cast<std::uint64_t>(*number)};
}

bool is_meant(const Webhook& webhook, const std::string& wanted) {
    return webhook.key == wanted || webhook.name == wanted;
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
                wanted.limit = static_cast<std::size_t>(std::min(number, max_limit));
            } else {
                wanted.after = static_cast<std::uint64_t>(number);
            }
        });
    };
    return read_query(query, parameter_names, apply).map([&] { return wanted; });
}

EventView EventsApi::view() const {
    EventView view;
    view.now = clock_.now();
    view.queue_time = queue_.queue_time();
    view.probe_in = probe_in_;
    return view;
}

/// A webhook that is there no more may still be in the list.
Result<void> EventsApi::check_webhook(const std::optional<std::string>& wanted) const {
    const auto known = cache_.snapshot();
    const auto has = [&](const Snapshot& snapshot) {
        return std::ranges::any_of(
            snapshot.webhooks, [&](const auto& webhook) { return is_meant(*webhook, *wanted); });
    };
    if (!wanted || has(*known)) {
        return {};
    }
    const Snapshot* last = known.get();
    const auto& events = queue_.events();
    for (const auto seq : events.numbers(0, max_limit)) {
        const auto* event = events.event(seq);
        if (event && event->snapshot.get() != last) {
            last = event->snapshot.get();
            if (has(*last)) {
                return {};
            }
        }
    }
    std::vector<std::string> names;
    for (const auto& webhook : known->webhooks) {
        if (names.size() == 20) {
            names.emplace_back("…");
            break;
        }
        names.push_back(webhook->name.empty() ? webhook->key : webhook->name);
    }
    return unknown_name("webhook", *wanted, names);
}

std::optional<std::string> EventsApi::entry(std::uint64_t seq, const EventsQuery& wanted,
                                            const EventView& view) const {
    const auto& events = queue_.events();
    if (const auto* refused = events.refusal(seq)) {
        // It belongs to no camera and to no webhook.
        return wanted.camera || wanted.webhook
                   ? std::nullopt
                   : std::optional{common::text_of(refusal_json(*refused, view))};
    }
    const auto* listed = events.event(seq);
    const auto event = listed ? read_event(listed->text.view()).value_or(Event{}) : Event{};
    if (!listed || (wanted.camera && event.camera != wanted.camera)) {
        return std::nullopt;
    }
    return common::text_of(event_json(*listed, event, view));
}

Task<HttpReply> EventsApi::list(std::string query) {
    const auto wanted = read_events_query(query);
    if (!wanted) {
        co_return common::problem(400, wanted.error().message);
    }
    if (const auto known = check_webhook(wanted->webhook); !known) {
        co_return common::problem(404, known.error().message);
    }
    common::MemoryBudget::Share share{memory_};
    if (!share.resize(held_bytes, common::MemoryBudget::Rank::trusted)) {
        co_return no_memory(memory_);
    }
    auto& events = queue_.events();
    const auto last = events.last();
    auto shown = view();
    shown.webhook = wanted->webhook;
    std::string text = "{\"events\":[";
    std::size_t count = 0;
    bool more = false;
    auto turn = clock_.now();
    for (const auto seq : events.numbers(wanted->after, SIZE_MAX)) {
        // What became too old in between is left out.
        const auto one = entry(seq, *wanted, shown);
        if (!one) {
            continue;
        }
        if (count == wanted->limit || (count > 0 && text.size() + one->size() > most_bytes)) {
            more = true;
            break;
        }
        text += count++ == 0 ? "" : ",";
        text += *one;
        if (clock_.now() - turn > longest_turn) {
            co_await common::asio::post(common::asio::use_awaitable);
            turn = clock_.now();
        }
    }
    text += "],\"last\":" + std::to_string(last) +
            ",\"enabled\":" + (config_.ingest.event_list > 0 ? "true" : "false") +
            ",\"more\":" + (more ? "true" : "false") + "}";
    co_return fresh(std::move(text));
}

Task<HttpReply> EventsApi::show(std::string seq) {
    const auto number = number_of("seq", seq, 0);
    if (!number) {
        co_return common::problem(400, number.error().message);
    }
    common::MemoryBudget::Share share{memory_};
    if (!share.resize(held_bytes, common::MemoryBudget::Rank::trusted)) {
        co_return no_memory(memory_);
    }
    auto shown = view();
    shown.details = true;
    shown.most_unmatched = 10'000;
    const auto one = entry(static_cast<std::uint64_t>(*number), {}, shown);
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
    co_return fresh(*one);
}

} // namespace agent
