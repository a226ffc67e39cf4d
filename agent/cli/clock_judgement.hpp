// Whether the wall clock can be trusted, as far as the device itself can tell. Pure.
#pragma once

#include "agent/cli/finding.hpp"
#include "common/base/time.hpp"

#include <string>
#include <string_view>

namespace agent {

struct ClockReading {
    common::WallTime now{};
    bool synchronised = false;
};

/// `build_date`: "2026-11-28", before which no clock can be right.
Finding judge_clock(const ClockReading& clock, std::string_view build_date);

/// The end of a remedy where the clock may be the cause: "this device's clock says 2026-...".
std::string clock_says(const ClockReading& clock);

} // namespace agent
