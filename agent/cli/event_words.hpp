// What became of an event, in words for the terminal. From the API's JSON; everything of others is
// made printable.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace agent {

/// "delivered in 35 ms", "not matched, camera_in wants [1], found 3 (and 2 more filters)".
std::string outcome_words(const nlohmann::json& webhook);
/// "camera_in wants [1], found 3", with a hint if there is one.
std::string filter_words(const nlohmann::json& failed, bool with_hint);
/// What became of an event for one webhook, or for all that did not get it.
struct EventPart {
    enum class Kind : std::uint8_t { delivered, waiting, lost, other };
    Kind kind = Kind::other;
    std::string words;
};
/// Each webhook of an event; where very many did not get it, these as one.
std::vector<EventPart> event_parts(const nlohmann::json& event);
/// The same in one line.
std::string event_words(const nlohmann::json& event);
/// "415: send application/json (3 times, from 10.0.0.7)".
std::string refusal_words(const nlohmann::json& refused);
/// The name of a webhook, or its key where it has none.
std::string webhook_title(const nlohmann::json& webhook);
/// A value that may be null, as text: "-" for null.
std::string value_or_dash(const nlohmann::json& value);

} // namespace agent
