// Filters: a webhook's `filters` object, parsed and validated once, then asked for each event.
// Pure. Semantics: contract section 4, from the manual's page "Webhooks".
#pragma once

#include "agent/events/event.hpp"
#include "common/base/result.hpp"

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace agent {

struct FilterTerm;

/// Why an event does not match: the first filter that says no.
struct Mismatch {
    std::string filter; ///< "yaw_gte", "medmask.name"
    std::string wanted; ///< JSON text of what the filter wants: "3.5", "[1,2]"
    std::string found;  ///< JSON text of what the event has; "null" when it lacks it
    std::string
        hint; ///< for people, often empty: e.g. that two plates differ only in look-alike letters
};

class Filters {
  public:
    /// `filters` is the object of a definition, or null. The error names every faulty filter, its
    /// value and what is allowed; a filter or a part that this version does not know is one.
    static common::Result<Filters> parse(const nlohmann::json& filters);
    /// Every fault by itself; empty: parse() gives filters.
    static std::vector<std::string> faults(const nlohmann::json& filters);

    /// Allocates nothing.
    [[nodiscard]] bool matches(const Event& event) const;
    /// Nothing: the event matches. Filters are asked in this order, whatever the definition's:
    /// type_in, camera_in, card_in, matched, bs_type_in, confidence, yaw, pitch, roll, liveness
    /// (each gte before lte), medmask, orientation, special_type, license_plate_visibility (each
    /// name, gte, lte), license_plate_number, license_plate_event_number.
    [[nodiscard]] std::optional<Mismatch> explain(const Event& event) const;
    /// Contradictions that are served as written: "confidence_gte 0.8 is above confidence_lte 0.7:
    /// nothing matches".
    [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

  private:
    std::shared_ptr<const std::vector<FilterTerm>>
        terms_; // in the order above; none: every event matches
    std::vector<std::string> warnings_;
};

} // namespace agent
