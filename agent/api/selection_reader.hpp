// Which deliveries a request means, from its query or its body. Values, any thread; every error
// names the parameter and what is accepted.
#pragma once

#include "agent/store/listing.hpp"
#include "common/base/result.hpp"

#include <string_view>

namespace agent {

/// GET /v1/deliveries?state=&webhook=&limit=&after=&bodies= ; a parameter without a value is not
/// given.
struct ListQuery {
    Selection selection;
    std::int64_t after = 0;
    std::size_t limit = 100; ///< 1 to 1000
    bool bodies = false;     ///< each row with its event
};
common::Result<ListQuery> read_list_query(std::string_view query);

/// A body {"state","webhook","ids"}; an empty one selects all. Nothing: `ids` is there and empty,
/// so no delivery is meant (an empty Selection would mean all of them).
common::Result<std::optional<Selection>> read_selection(std::string_view body);

} // namespace agent
