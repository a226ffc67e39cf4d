// How a delivery's id is written for people: EVENT.PLACE, the row of its event and its place among
// the event's deliveries. That is short, grows with each event and never changes. JSON has the
// number, and wherever an id is read both are taken. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace agent {

/// What is accepted as an id, for messages.
inline constexpr std::string_view delivery_id_form =
    "a delivery's id, such as 1802.1, or its number in JSON";

/// "1802.1" for 118095873.
std::string shown_delivery(std::int64_t id);

/// Either form. Nothing: the text is neither. Where it is of that form but beyond all ids, it is
/// merely unknown: 0, which no delivery has.
std::optional<std::int64_t> parse_delivery(std::string_view text);

} // namespace agent
