#include "agent/events/event_slots.hpp"

#include "agent/events/json_strings.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace agent {

namespace {

using nlohmann::json;
using places::nowhere;
using places::Place;
using places::top;
using places::tree;
using Kind = Slot::Kind;

std::string_view name_of(Kind kind) {
    switch (kind) {
    case Kind::boolean:
        return "a boolean";
    case Kind::integer:
    case Kind::number:
        return "a number";
    case Kind::text:
        return "a string";
    case Kind::object:
        return "an object";
    case Kind::list:
        return "a list";
    default:
        return "null";
    }
}

/// Strings longer than this are cut before the parser sees them: it takes about forty instructions
/// a byte, and nearly all long strings are images, which belong to no slot.
constexpr std::size_t longest_uncut = 64;
/// Smaller events are not searched for long strings, for that would cost more than it saves.
constexpr std::size_t small_event = 1024;

/// A SAX handler that puts what the parser reads into the slots of the known places.
class EventReader {
  public:
    explicit EventReader(EventSlots& slots) : slots_{slots} {}

    bool null() { return put(Kind::null); }
    bool boolean(bool value) {
        next().boolean = value;
        return put(Kind::boolean);
    }
    bool number_integer(std::int64_t value) {
        // Negated as unsigned, which is right for the smallest integer too.
        const auto bits = static_cast<std::uint64_t>(value);
        return integer(value < 0, value < 0 ? 0 - bits : bits, static_cast<double>(value));
    }
    bool number_unsigned(std::uint64_t value) {
        return integer(false, value, static_cast<double>(value));
    }
    bool number_float(double value, const std::string&) {
        next().number = value;
        return put(Kind::number);
    }
    bool string(std::string& value) {
        if (next_ != nowhere) {
            next().text = value;
            has_long_text = has_long_text || value.size() > longest_uncut;
        }
        return put(Kind::text);
    }
    bool binary(json::binary_t&) { return false; }
    bool key(const std::string& name) {
        const auto inside = open_[depth_ - 1];
        next_ = inside == nowhere ? nowhere : tree.find(inside, name);
        if (next_ != nowhere && slots_[next_].kind != Kind::absent) {
            slots_.clear(next_); // of equal keys only the last one counts
        }
        return true;
    }
    bool start_object(std::size_t) { return put(Kind::object) && enter(next_); }
    bool start_array(std::size_t) { return put(Kind::list) && enter(nowhere); }
    bool end_object() { return leave(); }
    bool end_array() { return leave(); }
    bool parse_error(std::size_t byte, const std::string&, const json::exception& why) {
        return refuse(common::json_fault(byte, why));
    }

    std::string fault;
    bool has_long_text = false; ///< a text of a slot is longer than longest_uncut

  private:
    Slot& next() { return slots_[next_]; }
    bool integer(bool negative, std::uint64_t magnitude, double number) {
        next().negative = negative;
        next().magnitude = magnitude;
        next().number = number;
        return put(Kind::integer);
    }
    bool put(Kind kind) {
        if (depth_ == 0 && kind != Kind::object) {
            return refuse("the event is " + std::string{name_of(kind)} +
                          ": expected a JSON object");
        }
        next().kind = kind;
        if (depth_ > 0) {
            slots_[of_[depth_ - 1]].filled = true;
        }
        return true;
    }
    bool enter(Place inside) {
        if (depth_ == common::max_depth) {
            return refuse(common::depth_fault());
        }
        of_[depth_] = next_;
        open_[depth_++] = inside;
        next_ = nowhere;
        return true;
    }
    bool leave() {
        --depth_;
        next_ = nowhere;
        return true;
    }
    bool refuse(std::string why) {
        fault = std::move(why);
        return false;
    }

    EventSlots& slots_;
    // The objects and lists around the position: where their parts belong, and their own places.
    std::array<Place, common::max_depth> open_{};
    std::array<Place, common::max_depth> of_{};
    std::size_t depth_ = 0;
    Place next_ = top; // of the next value
};

bool parse(std::string_view text, EventReader& reader) {
    // Bytes of a type that nobody else parses, so that the compiler makes a parser of its own here,
    // with all that runs for each byte in line: one shared with other files is a fifth slower.
    const auto* const begin = reinterpret_cast<const unsigned char*>(text.data());
    return json::sax_parse(begin, begin + text.size(), &reader);
}

} // namespace

void EventSlots::clear(Place place) {
    std::fill(slots_.begin() + place, slots_.begin() + tree.nodes[place].end, Slot{});
}

common::Result<void> read_slots(std::string_view text, EventSlots& slots) {
    if (auto fault = common::forbidden_bytes(text)) {
        return common::fail(common::Fault::input, std::move(*fault));
    }
    if (text.size() > small_event) {
        if (const auto cut = with_cut_strings(text, longest_uncut)) {
            EventReader reader{slots};
            if (parse(*cut, reader) && !reader.has_long_text) {
                return {};
            }
            slots = EventSlots{}; // only the whole text has the fault's position or the long text
        }
    }
    EventReader reader{slots};
    if (!parse(text, reader)) {
        return common::fail(common::Fault::input, std::move(reader.fault));
    }
    return {};
}

} // namespace agent
