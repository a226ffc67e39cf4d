#include "agent/api/ingest.hpp"

#include "agent/events/envelope.hpp"
#include "common/base/log.hpp"
#include "common/net/problem.hpp"

#include <nlohmann/json.hpp>

namespace agent {

namespace {

using common::Fault;
using common::HttpReply;

HttpReply later(std::string detail, const char* seconds) {
    return common::problem(503, std::move(detail), {{"Retry-After", seconds}});
}

/// Tells the producer whether waiting helps, and for how long.
HttpReply not_stored(const common::Error& error) {
    switch (error.fault) {
    case Fault::full:
        return later("the queue is full (" + error.message +
                         "): no event of this request was stored; send it again later",
                     "10");
    case Fault::storage:
        return later("cannot write to the database (" + error.message +
                         "): no event of this request was stored; send it again later",
                     "5");
    default:
        return common::problem(500, "no event of this request was stored: " + error.message);
    }
}

NewEvent::For delivery_to(std::shared_ptr<const Webhook> webhook, const Event& event) {
    NewEvent::For to;
    if (webhook->settings.cooldown > common::Millis{0}) {
        to.cooldown_value = cooldown_value(webhook->settings, event);
    }
    to.webhook = std::move(webhook);
    return to;
}

} // namespace

Ingest::Ingest(common::Clock& clock, Queue& queue, WebhookCache& cache, Counters& stats)
    : clock_{clock}, queue_{queue}, cache_{cache}, stats_{stats} {}

common::Result<Ingest::Batch> Ingest::read(std::string body, BodyFormat format) {
    const auto parts = split_events(body, format);
    if (!parts) {
        ++stats_.events_rejected;
        return common::fail(parts.error());
    }
    // One snapshot for the whole request: a list fetched meanwhile must not apply to half a batch.
    const auto snapshot = cache_.snapshot();
    static const auto no_bytes = std::make_shared<const std::string>();
    Batch batch;
    batch.events.reserve(parts->size());
    for (const auto part : *parts) {
        const auto event = read_event(part);
        if (!event) {
            stats_.events_rejected += parts->size();
            return common::fail("event " + std::to_string(batch.events.size()), event.error());
        }
        auto& added = batch.events.emplace_back();
        added.id_given = event->id.has_value();
        added.event_id = event->id ? *event->id : ids_.next(clock_.wall());
        warn_of_envelope(*event, part, added.event_id);
        for (auto& webhook : match(*snapshot, *event)) {
            ++batch.matched[webhook->key];
            added.deliveries.push_back(delivery_to(std::move(webhook), *event));
        }
        // Without an id, it cannot be a duplicate; without a delivery, nobody reads it again.
        const bool bytes_needed = added.id_given || !added.deliveries.empty();
        added.bytes = bytes_needed ? std::make_shared<const std::string>(part) : no_bytes;
    }
    return batch;
}

void Ingest::warn_of_envelope(const Event& event, std::string_view text, const std::string& id) {
    constexpr common::Millis at_most_every{600'000};
    if (clock_.now() < next_envelope_warning_) {
        return;
    }
    if (const auto hint = envelope_hint(event, text); !hint.empty()) {
        next_envelope_warning_ = clock_.now() + at_most_every;
        common::log::warn("an accepted event says nothing", {{"event", id}, {"hint", hint}});
    }
}

void Ingest::count(const Accepted& accepted, const std::map<std::string, std::uint64_t>& matched) {
    stats_.events_accepted += accepted.accepted;
    stats_.events_duplicate += accepted.duplicates;
    // Only the queue knows which events of a batch were duplicates. A producer that repeats itself
    // repeats the whole request, so that only a request of nothing but duplicates is left out here.
    if (accepted.duplicates < accepted.accepted) {
        for (const auto& [key, events] : matched) {
            stats_.webhooks[key].matched += events;
        }
    }
}

common::Task<HttpReply> Ingest::post(std::string body, BodyFormat format) {
    if (!cache_.known()) {
        ++stats_.events_rejected;
        co_return later("the webhooks have never been fetched from the FindFace Lite server, so "
                        "that no event can be matched yet (GET /v1/status shows why): send the "
                        "request again later",
                        "5");
    }
    auto batch = read(std::move(body), format);
    if (!batch) {
        co_return common::problem(400, batch.error().message);
    }
    Accepted accepted;
    if (const auto events = batch->events.size(); events > 0) {
        const auto added = co_await queue_.add(std::move(batch->events));
        if (!added) {
            stats_.events_rejected += events;
            co_return not_stored(added.error());
        }
        accepted = *added;
        count(accepted, batch->matched);
    }
    const nlohmann::ordered_json answer{{"accepted", accepted.accepted},
                                        {"duplicates", accepted.duplicates},
                                        {"deliveries", accepted.deliveries}};
    co_return common::json_reply(202, answer.dump());
}

} // namespace agent
