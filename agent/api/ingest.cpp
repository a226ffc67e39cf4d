#include "agent/api/ingest.hpp"

#include "agent/events/envelope.hpp"
#include "agent/webhooks/test_event.hpp"
#include "common/async/turn.hpp"
#include "common/base/log.hpp"
#include "common/net/problem.hpp"
#include "common/text/invalid.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

using common::Fault;
using common::HttpReply;

// What an event takes beside its bytes until it is committed: itself, its row and its deliveries,
// each with its strings; measured with malloc's own overhead.
constexpr std::size_t bytes_per_event = 500;
constexpr std::size_t bytes_per_delivery = 150;
constexpr std::size_t budget_step = 16 * 1024;
constexpr std::size_t small_body = 16 * 1024;

HttpReply later(const std::string& detail, const char* seconds) {
    return common::problem(503, detail, {{"Retry-After", seconds}});
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

/// Written by hand: every request waits for it, and a JSON library would build a tree first.
std::string answer_text(const Accepted& accepted) {
    return "{\"accepted\":" + std::to_string(accepted.accepted) +
           ",\"duplicates\":" + std::to_string(accepted.duplicates) +
           ",\"deliveries\":" + std::to_string(accepted.deliveries) + "}";
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

Ingest::Ingest(common::Clock& clock, Queue& queue, WebhookCache& cache, Counters& stats,
               common::MemoryBudget& memory)
    : clock_{clock}, queue_{queue}, cache_{cache}, stats_{stats}, memory_{memory} {}

/// Reads one event into the batch.
common::Result<void> Ingest::add(Batch& batch, const std::string& body, std::string_view text,
                                 const WebhookIndex& index, const std::string& passed_id,
                                 bool listed) {
    auto event = read_event(text);
    if (!event) {
        return common::fail("event " + std::to_string(batch.count()), event.error());
    }
    if (event->id && is_test_event(*event->id)) {
        return common::fail(common::Fault::input,
                            "event " + std::to_string(batch.count()) + ": " +
                                common::invalid("id", common::shown(nlohmann::json(*event->id)),
                                                "another id: those that begin with ffl-test- are "
                                                "of test events (POST /v1/webhooks/KEY/test)"));
    }
    warn_of_envelope(*event, text);
    auto webhooks = index.match(*event);
    const bool passed_on = !event->id && !passed_id.empty();
    if (passed_on) {
        event->id = passed_id;
    }
    const auto begin = static_cast<std::uint32_t>(text.data() - body.data());
    if (webhooks.empty()) {
        if (!event->id) {
            ++batch.unmatched.without_id; // cannot be a duplicate, and nobody reads it again
            if (listed) {
                batch.unmatched.listed.push_back(
                    {{}, begin, static_cast<std::uint32_t>(text.size())});
            }
            return {};
        }
        batch.unmatched.with_id.push_back(
            {event_key(*event->id, text), begin, static_cast<std::uint32_t>(text.size())});
        batch.bytes += sizeof(UnmatchedEvents::Place);
        return {};
    }
    auto& added = batch.events.emplace_back();
    // Under an id of ours it may come back, from an agent that passed it on.
    added.id_given = true;
    added.event_id = event->id ? std::move(*event->id) : ids_.next(clock_.wall());
    added.deliveries.reserve(webhooks.size());
    batch.bytes += bytes_per_event + text.size() + webhooks.size() * bytes_per_delivery;
    for (auto& webhook : webhooks) {
        ++batch.matched[webhook->key];
        added.deliveries.push_back(delivery_to(std::move(webhook), *event));
    }
    added.begin = begin;
    added.bytes = std::make_shared<const std::string>(text);
    return {};
}

common::Task<tl::expected<Ingest::Batch, HttpReply>>
Ingest::read(Body body, common::MemoryBudget::Share& share) {
    const auto& text = *body.text;
    common::Turn turn{clock_};
    // Counted first, so that a body that cannot be split is refused before any of it is read.
    EventSplitter all{text, body.format};
    for (auto event = all.next(); !event || *event; event = all.next()) {
        if (!event) {
            stats_.reject(RejectReason::invalid, 1);
            co_return tl::unexpected{common::problem(400, event.error().message)};
        }
        if (turn.is_over()) {
            co_await turn.next();
        }
    }
    // One for the whole request: a list fetched meanwhile must not apply to half a batch.
    const auto index = cache_.index();
    const auto id = all.count() == 1 ? body.passed_id : std::string{};
    Batch batch;
    // Of more events than the event list holds, the last ones stay in it.
    const auto listed = std::min(queue_.events().wanted(), all.count());
    const auto first_listed = all.count() - listed + 1;
    EventSplitter events{text, body.format};
    for (auto event = events.next(); event && *event; event = events.next()) {
        std::optional<HttpReply> refusal;
        const bool is_listed = events.count() >= first_listed;
        if (is_listed && !batch.listing.snapshot) {
            batch.listing.snapshot = index->snapshot();
            batch.listing.from = static_cast<std::uint32_t>((*event)->data() - text.data());
        }
        if (const auto added = add(batch, text, **event, *index, id, is_listed); !added) {
            refusal = common::problem(400, added.error().message);
        } else if (batch.bytes > share.bytes() &&
                   !share.resize(batch.bytes + budget_step, body.rank)) {
            refusal = no_memory(batch, text.size(), body.rank);
        }
        if (refusal) {
            stats_.reject(reject_reason_of(refusal->status), all.count());
            co_return tl::unexpected{std::move(*refusal)};
        }
        if (turn.is_over()) {
            co_await turn.next();
        }
    }
    if (!batch.unmatched.with_id.empty() || !batch.unmatched.listed.empty()) {
        batch.unmatched.body = body.text;
    }
    co_return batch;
}

void Ingest::warn_of_envelope(const Event& event, std::string_view text) {
    constexpr common::Millis at_most_every{600'000};
    if (clock_.now() < next_envelope_warning_) {
        return;
    }
    if (const auto hint = envelope_hint(event, text); !hint.empty()) {
        next_envelope_warning_ = clock_.now() + at_most_every;
        common::log::warn("an accepted event says nothing",
                          {{"event", event.id.value_or("")}, {"hint", hint}});
    }
}

/// Tells apart whether the request has to wait for others or is too large by itself.
HttpReply Ingest::no_memory(const Batch& batch, std::size_t body, common::MemoryBudget::Rank rank) {
    memory_.note_refusal();
    if (body + batch.bytes + budget_step > memory_.limit(rank)) {
        return common::problem(
            413, "more than " + std::to_string(batch.count()) +
                     " events in one request take more memory than there is for requests (" +
                     std::to_string(memory_.limit(rank) >> 20) +
                     " MiB): send fewer in one request; no event of this one was stored");
    }
    return later("the memory for requests is in use: no event of this request was stored; send it "
                 "again later",
                 "1");
}

void Ingest::count(const Accepted& accepted, const std::map<std::string, std::uint64_t>& matched) {
    stats_.events_accepted += accepted.accepted;
    stats_.events_duplicate += accepted.duplicates;
    stats_.arrivals.note(clock_.now());
    // Only the queue knows which events of a batch were duplicates. A producer that repeats itself
    // repeats the whole request, so that only a request of nothing but duplicates is left out here.
    if (accepted.duplicates < accepted.accepted) {
        for (const auto& [key, events] : matched) {
            stats_.webhooks[key].matched += events;
        }
    }
}

common::Task<HttpReply> Ingest::post(std::string body, BodyFormat format, Sender sender) {
    const auto begin = clock_.now();
    if (!cache_.known()) {
        stats_.reject(RejectReason::no_definitions, 1);
        co_return later("the webhooks have never been fetched from the FindFace Lite server, so "
                        "that no event can be matched yet (GET /v1/status shows why): send the "
                        "request again later",
                        "5");
    }
    common::MemoryBudget::Share share{memory_};
    // What is small may use the reserve, as in the server: a door's event among large batches.
    const auto rank = sender.local || body.size() <= small_body
                          ? common::MemoryBudget::Rank::trusted
                          : common::MemoryBudget::Rank::ordinary;
    Body kept{std::make_shared<const std::string>(std::move(body)), format, rank,
              std::move(sender.passed_id)};
    auto batch = co_await read(std::move(kept), share);
    if (!batch) {
        co_return std::move(batch.error());
    }
    Accepted accepted;
    if (const auto events = batch->count(); events > 0) {
        const auto added = co_await queue_.add(
            std::move(batch->events), std::move(batch->unmatched), std::move(batch->listing));
        if (!added) {
            stats_.reject(added.error().fault == common::Fault::full ? RejectReason::queue_full
                                                                     : RejectReason::storage,
                          events);
            co_return not_stored(added.error());
        }
        accepted = *added;
        count(accepted, batch->matched);
        stats_.ingest.observe(common::seconds(clock_.now() - begin));
    }
    co_return common::json_reply(202, answer_text(accepted));
}

} // namespace agent
