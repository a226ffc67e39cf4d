// Filters: a webhook's `filters` object, parsed and validated once, then asked for each event. Pure. Semantics: contract section 4,
// from the manual's page "Webhooks".
#pragma once

#include "agent/event.hpp"
#include "common/result.hpp"

#include <nlohmann/json_fwd.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace agent {

/// Why an event does not match: the first filter that says no.
struct Mismatch {
    std::string filter; ///< "yaw_gte", "medmask.name"
    std::string wanted; ///< JSON text of what the filter wants: "3.5", "[1,2]"
    std::string found;  ///< JSON text of what the event has; "null" when it lacks it
    std::string hint;   ///< for people, often empty: e.g. that two plates differ only in look-alike letters
};

class Filters {
  public:
    /// `filters` is the object of a definition, or null. The error names filter, value and what is allowed; a filter or a part that this
    /// version does not know is an error.
    static common::Result<Filters> parse(const nlohmann::json& filters);

    [[nodiscard]] bool matches(const Event& event) const;
    [[nodiscard]] std::optional<Mismatch> explain(const Event& event) const;
    /// Contradictions that are served as written: "confidence_gte 0.8 is above confidence_lte 0.7: nothing matches".
    [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

  private:
    struct Term; // one filter with its value
    std::vector<std::shared_ptr<const Term>> terms_;
    std::vector<std::string> warnings_;
};

} // namespace agent
