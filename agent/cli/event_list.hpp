// `ffl-agent events` and `ffl-agent explain --event`: what became of the last events.
#pragma once

#include "agent/cli/command.hpp"

#include <cstdint>
#include <string>

namespace agent {

struct EventsOptions {
    std::string camera;  ///< empty: all
    std::string webhook; ///< key or name; empty: all
    std::size_t limit = 50;
    bool follow = false;
};
int command_events(const Command& command, const EventsOptions& options);

/// `event`: an event's id, or its number in the list.
int command_explain_event(const Command& command, const std::string& event);

} // namespace agent
