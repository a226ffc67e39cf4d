// Ingest: POST /v1/events. Splits a body into events, matches them against the current snapshot and
// hands them to the queue; the answer is 202 once the queue has committed. Loop thread. A crash
// loses what it holds, none of which has been acknowledged.
#pragma once

#include "agent/definitions/webhook_cache.hpp"
#include "agent/events/event_splitter.hpp"
#include "agent/queue/queue.hpp"
#include "agent/webhooks/counters.hpp"
#include "common/async/clock.hpp"
#include "common/base/crypto.hpp"
#include "common/base/memory_budget.hpp"
#include "common/net/http.hpp"

#include <map>

namespace agent {

class Ingest {
  public:
    /// What a body becomes counts in `memory` until it is answered; the body itself is the server's
    /// affair.
    Ingest(common::Clock& clock, Queue& queue, WebhookCache& cache, Counters& stats,
           common::MemoryBudget& memory);

    /// Who sent a body.
    struct Sender {
        bool local = false; ///< over the Unix socket
        /// Under which another agent has passed on an event that has no id itself; empty for other
        /// producers.
        std::string passed_id{};
    };
    /// All or nothing: 202 when every event is committed; otherwise 400, 413, 500 or 503, and no
    /// event of the body is stored.
    common::Task<common::HttpReply> post(std::string body, BodyFormat format, Sender sender);

  private:
    struct Batch {
        std::vector<NewEvent> events;
        UnmatchedEvents unmatched;
        Listing listing;
        std::map<std::string, std::uint64_t> matched; ///< by webhook key
        std::size_t bytes = 0; ///< what it takes, roughly, until it is committed
        [[nodiscard]] std::uint64_t count() const { return events.size() + unmatched.count(); }
    };
    /// An envelope is accepted like any object, but whoever looks for its events must find a trace.
    void warn_of_envelope(const Event& event, std::string_view text);
    struct Body {
        std::shared_ptr<const std::string> text;
        BodyFormat format;
        common::MemoryBudget::Rank rank;
        std::string passed_id;
    };
    /// In turns, between which other work of the loop runs.
    common::Task<tl::expected<Batch, common::HttpReply>> read(Body body,
                                                              common::MemoryBudget::Share& share);
    common::Result<void> add(Batch& batch, const std::string& body, std::string_view text,
                             const WebhookIndex& index, const std::string& passed_id, bool listed);
    common::HttpReply no_memory(const Batch& batch, std::size_t body,
                                common::MemoryBudget::Rank rank);
    void count(const Accepted& accepted, const std::map<std::string, std::uint64_t>& matched);

    common::Clock& clock_;
    Queue& queue_;
    WebhookCache& cache_;
    Counters& stats_;
    common::MemoryBudget& memory_;
    common::UuidV7 ids_;
    common::Instant next_envelope_warning_{};
};

} // namespace agent
