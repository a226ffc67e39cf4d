// Splits a request body into the texts of its events. Pure.
#pragma once

#include "common/base/result.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace agent {

enum class BodyFormat { json, ndjson };

/// Walks through the events of a body without a list of them, which takes several times the space
/// of the body where events are small, and in steps, so that a caller can do other work in between.
/// `json`: one object or an array of them; `ndjson`: one event per line, blank lines skipped.
/// Checks only what the split needs; read_event() checks each part. An empty array holds no events;
/// an empty body is an error.
class EventSplitter {
  public:
    using Next = common::Result<std::optional<std::string_view>>;

    /// `body` outlives the splitter.
    EventSplitter(std::string_view body, BodyFormat format);

    /// The text of the next event as a view into the body, without surrounding white space; nullopt
    /// at the end. Errors (Fault::input) name the event's index from 0, or the byte from 1; after
    /// one, the rest cannot be split.
    Next next();
    /// How many events next() has returned.
    [[nodiscard]] std::size_t count() const { return count_; }

  private:
    enum class Form { nothing, array, object, lines, value, end };
    Next next_of_array();
    Next whole_object();
    Next next_line();
    Next last(std::string_view event);
    Next given(std::string_view event);

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t count_ = 0;
    Form form_ = Form::nothing;
};

/// All of them at once, for bodies of a person or of one event.
common::Result<std::vector<std::string_view>> split_events(std::string_view body,
                                                           BodyFormat format);

} // namespace agent
