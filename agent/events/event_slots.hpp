// EventSlots: the values at the places of an event that are read, each with its kind. Pure.
// Internal to event.cpp.
#pragma once

#include "agent/events/event_places.hpp"
#include "common/base/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace agent {

/// The value at one place of the event.
struct Slot {
    enum class Kind : std::uint8_t {
        absent,
        null,
        boolean,
        integer,
        number,
        text,
        object,
        list
    } kind = Kind::absent;
    bool boolean = false;
    bool filled = false;         ///< of an object or a list: it holds something
    bool negative = false;       ///< of an integer, which is exact so
    std::uint64_t magnitude = 0; ///< of an integer
    double number = 0;           ///< of any number
    std::string text;
};

class EventSlots {
  public:
    const Slot& operator[](places::Place place) const { return slots_[place]; }
    Slot& operator[](places::Place place) { return slots_[place]; }
    /// Empties the place and all that is inside it.
    void clear(places::Place place);

  private:
    std::array<Slot, std::size_t{places::nowhere} + 1> slots_; // the last one is for ignored values
};

/// Reads the JSON object into `slots`, which must be fresh. Errors as of read_event().
common::Result<void> read_slots(std::string_view json, EventSlots& slots);

} // namespace agent
