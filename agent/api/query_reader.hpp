// Reads the query of a request as named parameters. Values, any thread.
#pragma once

#include "common/base/result.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace agent {

/// Calls `apply` for each parameter that has a value; one without counts as absent. Errors
/// (Fault::input) name what is unknown, given twice or not percent-encoded, or are those of
/// `apply`.
common::Result<void> read_query(
    std::string_view query, const std::vector<std::string>& known,
    const std::function<common::Result<void>(const std::string& name, const std::string& value)>&
        apply);

/// The whole number that a parameter is.
common::Result<std::int64_t> number_of(std::string_view name, const std::string& text,
                                       std::int64_t least);

/// What is wrong with a name that the caller gave, which is escaped and cut.
tl::unexpected<common::Error> unknown_name(std::string_view kind, const std::string& name,
                                           const std::vector<std::string>& known);

} // namespace agent
