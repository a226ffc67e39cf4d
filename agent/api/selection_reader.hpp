// Reads from a request's query or body which deliveries it is about. Values, any thread. Every
// error names the parameter, what was found and what is expected.
#pragma once

#include "agent/store/listing.hpp"
#include "common/base/result.hpp"

#include <string_view>

namespace agent {

/// GET /v1/deliveries?state=&webhook=&limit=&after=&bodies=&order=&event=&max_age_s=&error= ; a
/// parameter without a value counts as absent, and a limit above 1000 as 1000.
common::Result<RowQuery> read_list_query(std::string_view query);

/// A body {"state","webhook","ids","all"}, for calls that change what it selects. Without a
/// restriction "all":true is needed: one that got lost on its way is not taken for the wish to
/// change everything. For the same reason null, an empty value, a field that is there twice and any
/// query are refused.
common::Result<Selection> read_selection(std::string_view query, std::string_view body);

} // namespace agent
