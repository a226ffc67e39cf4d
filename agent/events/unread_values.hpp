// UnreadValues: what stands in an event where a value is looked for, but is not of the type that it
// needs, so that the event counts as lacking it. For explanations only. Pure.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace agent {

struct UnreadValue {
    std::string found; ///< JSON text
    std::string why;   ///< "a string; an integer is needed"
};

/// By what is looked for, in the words of FilterTerm::noun: "camera", "headpose yaw".
using UnreadValues = std::map<std::string, UnreadValue, std::less<>>;

/// `event` is a text that read_event() accepts. A value that can be read at another place may be
/// listed too.
UnreadValues unread_values(std::string_view event);

} // namespace agent
