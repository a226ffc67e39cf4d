// Waiting: what the deliveries of a webhook wait for, as the lanes know it and the status shows it.
// Plain data.
#pragma once

#include "common/base/time.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace agent {

struct Waiting {
    /// Queue time at which the oldest delivery was accepted that the lane knows of. After a restart
    /// it does not know retries that are not due yet.
    std::optional<std::int64_t> oldest;
    /// Its attempts get no HTTP answer: how long until its retries' probe, 0 while that is in
    /// flight.
    std::optional<common::Millis> probe_in;
    bool target_silent = false;  ///< nor do those of any other webhook of the target
    bool for_connection = false; ///< something is due and has no connection yet
    std::string behind;          ///< while for_connection: the webhook that has the most of them
};
using WaitingByWebhook = std::map<std::string, Waiting>; ///< those served, by key

} // namespace agent
