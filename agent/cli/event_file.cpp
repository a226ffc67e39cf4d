#include "agent/cli/event_file.hpp"

#include "agent/events/envelope.hpp"
#include "agent/events/event.hpp"
#include "agent/events/event_likeness.hpp"
#include "agent/events/event_splitter.hpp"
#include "common/base/ascii.hpp"
#include "common/text/json.hpp"

#include <iostream>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

namespace agent {

namespace {

using common::Fault;
using common::Result;
using nlohmann::json;

/// A file that is a single JSON value is not NDJSON.
Result<std::vector<std::string_view>> parts_of(std::string_view text) {
    auto parts = split_events(text, BodyFormat::json);
    if (!parts) {
        if (auto lines = split_events(text, BodyFormat::ndjson); lines && lines->size() > 1) {
            return lines;
        }
    }
    return parts;
}

class EventFile {
  public:
    explicit EventFile(const std::string& file) : file_{file} {}

    Result<void> check(std::size_t index, std::string_view text) {
        const auto event = read_event(text);
        if (!event) {
            return fail(index, event.error().message);
        }
        const auto object = json::parse(text, nullptr, false);
        if (is_exported(object)) {
            return fail(index, "this is a delivery as `queue export` writes it, not an event; "
                               "`ffl-agent send --from-export` sends the events in it, to every "
                               "webhook that they match");
        }
        if (const auto hint = envelope_hint(*event, text); !hint.empty()) {
            warn(index, hint);
        } else if (const auto why = unlike_event(object)) {
            warn(index, *why);
        }
        return {};
    }

    /// The event of an exported delivery; nothing if an earlier delivery has the same.
    Result<std::string_view> event_in(std::size_t index, std::string_view text) {
        const auto object = json::parse(text, nullptr, false);
        const auto event = is_exported(object) ? exported_event(text) : std::nullopt;
        if (!event) {
            return fail(index, "this is not a delivery as `queue export` writes it");
        }
        if (auto read = read_event(*event); !read) {
            return fail(index, read.error().message);
        }
        const auto id = object.at("event_id").dump();
        return seen_.emplace(id, *event).second ? *event : std::string_view{};
    }

    ~EventFile() {
        if (warned_ > most_warnings) {
            std::cerr << "ffl-agent: warning: " << file_ << ": and " << warned_ - most_warnings
                      << " more like that\n";
        }
    }
    EventFile(const EventFile&) = delete;
    EventFile& operator=(const EventFile&) = delete;

  private:
    static constexpr std::size_t most_warnings = 3;

    [[nodiscard]] tl::unexpected<common::Error> fail(std::size_t index,
                                                     const std::string& why) const {
        return common::fail(Fault::input, file_ + ": event " + std::to_string(index) + ": " + why);
    }
    void warn(std::size_t index, const std::string& why) {
        if (++warned_ <= most_warnings) {
            std::cerr << "ffl-agent: warning: " << file_ << ": event " << index << ": " << why
                      << '\n';
        }
    }

    const std::string& file_;
    std::size_t warned_ = 0;
    std::set<std::pair<std::string, std::string_view>> seen_; // event id and bytes
};

} // namespace

Result<std::vector<std::string_view>> events_of(const std::string& file, std::string_view text,
                                                EventForm form) {
    if (form == EventForm::exported && common::trim(text).empty()) {
        return std::vector<std::string_view>{}; // the export of an empty queue
    }
    auto parts = parts_of(text);
    if (!parts) {
        return common::fail(file, parts.error());
    }
    EventFile checked{file};
    std::vector<std::string_view> events;
    for (std::size_t i = 0; i < parts->size(); ++i) {
        if (form == EventForm::events) {
            if (auto good = checked.check(i, (*parts)[i]); !good) {
                return common::fail(good.error());
            }
            events.push_back((*parts)[i]);
            continue;
        }
        const auto event = checked.event_in(i, (*parts)[i]);
        if (!event) {
            return common::fail(event.error());
        }
        if (!event->empty()) {
            events.push_back(*event);
        }
    }
    return events;
}

Result<std::string_view> one_event_of(const std::string& file, std::string_view text) {
    auto events = events_of(file, text, EventForm::events);
    if (!events) {
        return common::fail(events.error());
    }
    if (events->size() != 1) {
        return common::fail(Fault::input, file + ": found " + std::to_string(events->size()) +
                                              " events, expected exactly one");
    }
    return events->front();
}

} // namespace agent
