// Parses the `filters` object of a webhook definition (contract section 4). Pure.
#pragma once

#include "agent/webhooks/filter.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace agent {

struct ParsedFilters {
    Filters filters; ///< do not use them if there are faults
    /// Contradictions, which are served as written: "confidence_gte 0.8 is above confidence_lte
    /// 0.7: nothing matches". Empty if there are faults.
    std::vector<std::string> warnings;
    /// Every fault, with the filter, its value and what is expected. An unknown filter or part of a
    /// filter is a fault.
    std::vector<std::string> faults;
};

/// `filters` is the object of a definition, or null. The terms are in the order of filter_names(),
/// whatever the order in the definition; within a feature: name, confidence_gte, confidence_lte.
ParsedFilters parse_filters(const nlohmann::json& filters);

/// The names of all filters, in the order in which they are checked.
std::vector<std::string> filter_names();

} // namespace agent
