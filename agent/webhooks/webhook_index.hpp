// WebhookIndex: finds the webhooks that an event matches without looking at each of them. Pure;
// immutable, any thread.
//
// A webhook is kept under the values of one of its filters (camera_in, card_in, a plate, …): the
// one whose values the fewest webhooks share. An event is looked up by its own values. What is
// found so is a candidate only, and all of its filters decide. A webhook whose filters are all
// bounds, or that has none, is a candidate for every event.
#pragma once

#include "agent/webhooks/webhook.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace agent {

struct FilterTerm;

class WebhookIndex {
  public:
    /// `snapshot` is not null. Takes at most 16 bytes for each value in the filters.
    explicit WebhookIndex(std::shared_ptr<const Snapshot> snapshot);

    /// What the index is of.
    [[nodiscard]] const std::shared_ptr<const Snapshot>& snapshot() const { return snapshot_; }
    /// The serving webhooks that the event matches, in the snapshot's order.
    [[nodiscard]] std::vector<std::shared_ptr<const Webhook>> match(const Event& event) const;
    /// How many webhooks match() checks for this event.
    [[nodiscard]] std::size_t candidates(const Event& event) const;

  private:
    struct Entry {
        std::uint64_t value = 0; ///< see value_in(); different values may share a number
        std::uint32_t place = 0; ///< of the webhook in the snapshot
        // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 misreads the 0 it compares with
        auto operator<=>(const Entry&) const = default;
    };
    /// The webhooks that are kept under the filter of one name.
    struct Field {
        const FilterTerm* term = nullptr; ///< of any webhook: all read the same value of an event
        std::vector<Entry> entries;       ///< sorted, each once
    };

    [[nodiscard]] std::size_t field_of(const FilterTerm& term);
    /// Calls `decide` with the place of each candidate, each once, in any order.
    template <class Decide> void each_candidate(const Event& event, Decide decide) const;

    std::shared_ptr<const Snapshot> snapshot_;
    std::vector<Field> fields_;
    std::vector<std::uint32_t> always_; ///< places of candidates for every event
};

} // namespace agent
