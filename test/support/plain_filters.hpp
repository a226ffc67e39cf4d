// PlainFilters: a second implementation of the table of contract section 4, literal and slow, on
// the JSON itself. Written independently of the agent's filters, so that a test can compare the
// two.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace test {

/// `filters` must be valid.
bool plain_matches(const nlohmann::json& filters, const nlohmann::json& event);

/// The filters that plain_matches() knows.
std::vector<std::string> plain_filter_names();

} // namespace test
