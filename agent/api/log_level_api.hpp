// GET and PUT /v1/log-level: how much is logged, at run time. What is set here holds until the next
// reload or restart, which go by the INI file. Loop thread.
#pragma once

#include "agent/config/config.hpp"
#include "common/net/http.hpp"

#include <string_view>

namespace agent {

/// {"level","configured"}: what is logged now, and what the INI file says.
common::HttpReply log_level_reply(const Config& config);

/// Takes {"level":"debug"} and answers as above. 400 for anything else.
common::HttpReply change_log_level(const Config& config, std::string_view body);

} // namespace agent
