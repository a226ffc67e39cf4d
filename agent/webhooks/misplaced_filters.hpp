// Filters that a definition has at the wrong place: under a misspelt "filters", or beside it.
// Served without them, the webhook would send more than was asked for. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace agent {

/// A fault for each of them: `unknown key "filter": did you mean "filters"? …`. Other unknown keys
/// are none of this module's business, and neither is a key that is null.
std::vector<std::string> misplaced_filters(const nlohmann::json& definition);

/// A warning for each misspelt optional key: "unknown key "Active" is ignored: did you mean
/// "active"?".
std::vector<std::string> misspelt_keys(const nlohmann::json& definition);

} // namespace agent
