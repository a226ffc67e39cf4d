// Events of the event list as a terminal shows them: a line that says what was recognised, and
// below it one for each webhook. From the API's JSON. Pure but for the time zone.
#pragma once

#include "agent/cli/screen.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace agent {

/// "412  18:03:12  face, camera 3, card 7, confidence 0.93" and "     door: delivered in 35 ms".
std::string event_block(const nlohmann::json& entry, const Screen& screen);

} // namespace agent
