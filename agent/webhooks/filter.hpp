// Filters: the filters of one webhook, checked against each event. Pure; immutable, any thread.
// Semantics: contract section 4, from the manual's page "Webhooks".
#pragma once

#include "agent/events/event.hpp"
#include "agent/events/unread_values.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace agent {

struct FilterTerm;

/// Why an event does not match: a filter that does not hold.
struct Mismatch {
    std::string filter; ///< "yaw_gte", "medmask.name"
    std::string wanted; ///< JSON text of the filter's value: "3.5", "[1,2]"
    std::string found;  ///< JSON text of the event's value, also of one that cannot be read; "null"
                        ///< if it lacks one
    std::string hint;   ///< an explanation for people, often empty: see plate_hint()
};

class Filters {
  public:
    /// Every event matches.
    Filters() = default;
    /// Use parse_filters(). The terms must all hold, and are checked in this order.
    explicit Filters(std::vector<FilterTerm> terms);

    /// Empty: every event matches.
    [[nodiscard]] std::span<const FilterTerm> terms() const;
    /// Allocates nothing.
    [[nodiscard]] bool matches(const Event& event) const;
    /// Every filter that does not hold, in the order of the check; empty if the event matches.
    /// `unread` are the event's unread_values().
    [[nodiscard]] std::vector<Mismatch> explain_all(const Event& event,
                                                    const UnreadValues& unread = {}) const;

  private:
    std::shared_ptr<const std::vector<FilterTerm>> terms_; // null: every event matches
};

} // namespace agent
