// Deliveries as people read them, made of the rows of GET /v1/deliveries. Pure but for the time
// zone.
#pragma once

#include "agent/cli/screen.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace agent {

/// "2026-11-28 18:03:12" in the time zone of whoever reads it, for "2026-11-28T17:03:12Z". A text
/// of another form is returned as it is.
std::string local_time(std::string_view rfc3339);

/// "18:03:12", the time of day in that zone, also of a text with fractions of a second.
std::string local_clock(std::string_view rfc3339);

enum class TimeForm { age, clock };

/// A table of the rows; how old they are in `form`.
std::string deliveries_text(const nlohmann::json& rows, TimeForm form, const Screen& screen);

/// One delivery with its event and its attempts, with ages and clock times.
std::string delivery_text(const nlohmann::json& row, const Screen& screen);

} // namespace agent
