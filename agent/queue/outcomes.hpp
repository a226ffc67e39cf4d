// UnwrittenOutcomes: what became of attempts and is not on disk yet. Loop thread. They stay here
// until their commit has succeeded, however often the store refuses; a crash loses them, and then
// those deliveries are tried once more.
#pragma once

#include "agent/store/rows.hpp"
#include "agent/store/selection.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace agent {

class UnwrittenOutcomes {
  public:
    void hold(RecordedOutcome recorded, std::int64_t now);
    [[nodiscard]] bool waiting() const { return !waiting_.empty(); }
    [[nodiscard]] bool being_written() const { return !writing_.empty(); }
    [[nodiscard]] bool contains(std::int64_t id) const {
        return waiting_.contains(id) || writing_.contains(id);
    }

    /// What waits is now being written: a copy, until written() or put_back().
    std::vector<UnwrittenOutcome> take();
    /// But for those of `unwritten`: they wait again.
    void written(const std::vector<std::int64_t>& unwritten = {});
    /// All of it waits again; what came meanwhile is newer.
    void put_back();

    /// Those of `webhooks` that are not on disk yet.
    [[nodiscard]] std::vector<std::int64_t> ids(const std::vector<std::string>& webhooks) const;
    /// The earliest retry after `now` among those of `webhooks`.
    [[nodiscard]] std::optional<std::int64_t> earliest_due(const std::vector<std::string>& webhooks,
                                                           std::int64_t now) const;
    /// Retries of `webhooks` that are due, sorted by id.
    [[nodiscard]] std::vector<Retry> due(const std::vector<std::string>& webhooks,
                                         std::int64_t now) const;
    /// Whether the latest word on the delivery is that it is to be tried again, after so many
    /// attempts.
    [[nodiscard]] bool is_retry(std::int64_t id, std::uint32_t attempts) const;
    /// What a person's retry does to rows, done to what is not on disk yet: those covered are due
    /// at `now`, those that died have fresh attempts. Gives how many of the latter there were.
    std::uint64_t make_due_now(const Selection& selection, std::int64_t now);
    /// What will be different once this is written, for stats that are true at once.
    struct Leaving {
        std::uint64_t pending = 0; ///< no longer
        std::uint64_t dying = 0;   ///< of them, those that become dead letters
    };
    [[nodiscard]] Leaving leaving(const std::string& webhook) const;
    [[nodiscard]] Leaving leaving() const { return leaving_; }

  private:
    using ById = std::unordered_map<std::int64_t, UnwrittenOutcome>;
    void count(const RecordedOutcome& recorded, bool in);
    [[nodiscard]] const RecordedOutcome* latest(std::int64_t id) const;

    ById waiting_, writing_;
    std::map<std::string, Leaving> leaving_by_webhook_;
    Leaving leaving_;
};

} // namespace agent
