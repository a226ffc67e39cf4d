// The events of a file that is given to a command, in any of the three forms, or as `queue export`
// wrote them.
#pragma once

#include "common/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace agent {

enum class EventForm {
    events,
    /// Deliveries: each event once, however many webhooks it was owed to. A text without any is no
    /// error: an empty queue is exported as nothing.
    exported,
};

/// The texts of the events, each of them valid, as views into `text`. Says on stderr what is hardly
/// an event. Errors (Fault::input) name the file and the event's index from 0.
common::Result<std::vector<std::string_view>> events_of(const std::string& file,
                                                        std::string_view text, EventForm form);

/// The same for a command that takes exactly one event.
common::Result<std::string_view> one_event_of(const std::string& file, std::string_view text);

} // namespace agent
