// PlainFilters: the table of contract section 4 once more, word for word and slow, over the JSON as
// it is. CommitResult apart from the agent's own filters and in another way, so that a test can
// hold the two against each other.
#pragma once

#include <nlohmann/json.hpp>

namespace test {

/// `filters` must be valid.
bool plain_matches(const nlohmann::json& filters, const nlohmann::json& event);

} // namespace test
