// Events and filters from JSON text, for the tests of filters.
#pragma once

#include "agent/events/event.hpp"
#include "agent/webhooks/filter_parser.hpp"
#include "common/text/invalid.hpp"
#include "common/text/json.hpp"

#include <gtest/gtest.h>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace agent {

inline Event event_of(std::string_view json) {
    auto event = read_event(json);
    EXPECT_TRUE(event) << json;
    return event.value_or(Event{});
}

inline Filters filters_of(std::string_view json) {
    auto parsed = parse_filters(nlohmann::json::parse(json));
    EXPECT_EQ(common::joined(parsed.faults), "") << json;
    return parsed.filters;
}

/// The first filter that does not hold, if there is one.
inline std::optional<Mismatch> first_mismatch(const Filters& filters, const Event& event,
                                              const UnreadValues& unread = {}) {
    auto all = filters.explain_all(event, unread);
    return all.empty() ? std::nullopt : std::optional{std::move(all.front())};
}

/// The same for JSON, with what cannot be read in the event; "none" if all filters hold.
inline Mismatch mismatch_of(std::string_view filters, std::string_view event) {
    return first_mismatch(filters_of(filters), event_of(event), unread_values(event))
        .value_or(Mismatch{"none", "", "", ""});
}

/// "" if the event matches, else the filter that does not hold.
inline std::string failed_filter(std::string_view filters_json, std::string_view event_json) {
    const auto filters = filters_of(filters_json);
    const auto event = event_of(event_json);
    const auto mismatch = first_mismatch(filters, event);
    EXPECT_EQ(filters.matches(event), !mismatch) << filters_json << " " << event_json;
    return mismatch ? mismatch->filter : "";
}

struct FilterRow {
    std::string filters;
    std::string event;
    std::string failed = ""; ///< empty: the event matches
};

inline void expect_failed(std::initializer_list<FilterRow> rows) {
    for (const auto& [filters, event, failed] : rows) {
        EXPECT_EQ(failed_filter(filters, event), failed) << filters << " " << event;
    }
}

} // namespace agent
