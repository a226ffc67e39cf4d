// UnwrittenOutcomes: outcomes of attempts that are not on disk yet. Loop thread. They stay here
// until their commit has succeeded, however often the database refuses. A crash loses them; those
// deliveries are then attempted once more. What they take is bounded by full(): from there on no
// delivery may begin whose outcome would have to be remembered, rather than one be sent twice.
#pragma once

#include "agent/store/listing.hpp"
#include "agent/store/rows.hpp"
#include "agent/store/selection.hpp"
#include "common/base/time.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace agent {

/// An outcome *waits* for the next commit, and is then *being written*.
class UnwrittenOutcomes {
  public:
    /// A moment on both clocks.
    struct Now {
        common::Instant instant;
        std::int64_t queue_time = 0;
    };

    void add(RecordedOutcome recorded, Now now);
    [[nodiscard]] bool waiting() const { return !waiting_.empty(); }
    /// So many wait that the commit with them would keep the database from its readers for long: a
    /// backlog is delivered at the pace at which it can be read.
    [[nodiscard]] bool many_wait() const { return waiting_.size() >= many; }
    static constexpr std::size_t many = 512;
    /// Since when at least one outcome waits; nothing if none does.
    [[nodiscard]] std::optional<common::Instant> waiting_since() const { return waiting_since_; }
    [[nodiscard]] std::size_t size() const { return waiting_.size() + writing_.size(); }
    [[nodiscard]] bool full() const { return bytes_ >= max_bytes; }
    static constexpr std::size_t max_bytes = std::size_t{32} << 20;
    [[nodiscard]] bool being_written() const { return !writing_.empty(); }
    [[nodiscard]] bool contains(std::int64_t id) const {
        return waiting_.contains(id) || writing_.contains(id);
    }

    /// All that wait are being written until written() or put_back(). Returns a copy, sorted by id.
    std::vector<UnwrittenOutcome> take_all();
    /// Those being written are on disk, except those in `unwritten`, which go back to waiting.
    void written(const std::vector<std::int64_t>& unwritten, common::Instant now);
    /// All that are being written go back to waiting. What was added in the meantime is newer.
    void put_back(common::Instant now);

    /// The ids above `after` of those of `webhooks`, sorted.
    [[nodiscard]] std::vector<std::int64_t> ids(const std::vector<std::string>& webhooks,
                                                std::int64_t after) const;
    /// The earliest retry of `webhooks` after `now` (queue time).
    [[nodiscard]] std::optional<std::int64_t> earliest_due(const std::vector<std::string>& webhooks,
                                                           std::int64_t now) const;
    /// Retries of `webhooks` that are due, sorted by id.
    [[nodiscard]] std::vector<Retry> due(const std::vector<std::string>& webhooks,
                                         std::int64_t now) const;
    /// Whether the latest outcome of the delivery is a retry after that many attempts.
    [[nodiscard]] bool is_retry(std::int64_t id, std::uint32_t attempts) const;
    /// Does to these outcomes what an operator's retry does to rows: the selected ones become due,
    /// and dead letters get fresh attempts. Returns the number of those dead letters.
    std::uint64_t make_due_now(const Selection& selection, Now now);
    /// Changes a row as it was read to what it will be once its outcome is written. Returns false
    /// if it will be gone. `now` is the queue time.
    bool bring_up_to_date(DeliveryRow& row, std::int64_t now) const;
    /// How the rows will change once all of this is written, so that statistics can be up to date.
    struct Leaving {
        std::uint64_t pending = 0; ///< will no longer be pending
        std::uint64_t dying = 0;   ///< of these, will be dead letters
    };
    [[nodiscard]] Leaving leaving(const std::string& webhook) const;
    [[nodiscard]] Leaving leaving() const { return leaving_; }

  private:
    using ById = std::map<std::int64_t, UnwrittenOutcome>;
    void note_waiting(common::Instant now);
    void count(const RecordedOutcome& recorded, bool in);
    void weigh(const UnwrittenOutcome& outcome, bool in);
    [[nodiscard]] const RecordedOutcome* latest(std::int64_t id) const;

    ById waiting_, writing_;
    std::optional<common::Instant> waiting_since_; // set exactly while waiting_ is not empty
    std::map<std::string, Leaving> leaving_by_webhook_;
    Leaving leaving_;
    std::size_t bytes_ = 0; // roughly, of all of them
};

} // namespace agent
