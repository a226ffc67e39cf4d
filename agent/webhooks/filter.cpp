#include "agent/webhooks/filter.hpp"

#include "agent/webhooks/filter_term.hpp"
#include "agent/webhooks/plate_hint.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace agent {

namespace {

using nlohmann::json;

bool holds(const OneOfTexts& test, const Event& event) {
    const auto& text = test.read(event);
    return text && std::ranges::find(test.wanted, *text) != test.wanted.end();
}

bool holds(const OneOfIds& test, const Event& event) {
    const auto& id = event.*test.field;
    return id && std::ranges::binary_search(test.wanted, *id);
}

bool holds(const IsMatched& test, const Event& event) {
    return event.matched == test.wanted;
}

bool holds(const Bound& test, const Event& event) {
    const auto& number = test.read(event);
    return number && (test.is_lower ? *number >= test.limit : *number <= test.limit);
}

bool holds(const PlateOf& test, const Event& event) {
    return event.type == test.type && event.plate == test.plate;
}

template <class Value> std::string as_json(const std::optional<Value>& value) {
    return value ? common::text_of(json(*value)) : "null";
}

std::string found_by(const OneOfTexts& test, const Event& event) {
    return as_json(test.read(event));
}

std::string found_by(const OneOfIds& test, const Event& event) {
    const auto& id = event.*test.field;
    return id ? id->text() : "null";
}

std::string found_by(const IsMatched&, const Event& event) {
    return as_json(event.matched);
}

std::string found_by(const Bound& test, const Event& event) {
    return as_json(test.read(event));
}

std::string found_by(const PlateOf&, const Event& event) {
    return as_json(event.plate);
}

std::string hint_of_plate(const PlateOf& test, const Event& event) {
    if (event.type != test.type) {
        return "the filter applies to events of type " + std::string{test.type} + ", " +
               (event.type ? "this one has type " + *event.type : "this one has no type");
    }
    return event.plate ? plate_hint(test.plate, *event.plate) : std::string{};
}

} // namespace

bool FilterTerm::holds(const Event& event) const {
    return std::visit([&](const auto& one) { return agent::holds(one, event); }, test);
}

std::string FilterTerm::found(const Event& event, const UnreadValues& unread) const {
    auto text = std::visit([&](const auto& one) { return found_by(one, event); }, test);
    const auto at = text == "null" ? unread.find(noun) : unread.end();
    return at == unread.end() ? text : at->second.found;
}

std::string FilterTerm::hint(const Event& event, const UnreadValues& unread) const {
    if (const auto* plate = std::get_if<PlateOf>(&test)) {
        if (auto text = hint_of_plate(*plate, event); !text.empty()) {
            return text;
        }
    }
    const auto at = unread.find(noun);
    if (std::holds_alternative<IsMatched>(test) && at != unread.end()) {
        return "matched = " + at->second.found + " (" + at->second.why +
               ") does not count, so that the card decides";
    }
    if (found(event, {}) != "null") {
        return {};
    }
    return at == unread.end() ? "the event has no " + noun : at->second.why;
}

namespace {

Mismatch mismatch(const FilterTerm& term, const Event& event, const UnreadValues& unread) {
    return {term.filter, term.wanted, term.found(event, unread), term.hint(event, unread)};
}

} // namespace

Filters::Filters(std::vector<FilterTerm> terms)
    : terms_{std::make_shared<const std::vector<FilterTerm>>(std::move(terms))} {}

std::span<const FilterTerm> Filters::terms() const {
    return terms_ ? std::span{*terms_} : std::span<const FilterTerm>{};
}

bool Filters::matches(const Event& event) const {
    return !terms_ ||
           std::ranges::all_of(*terms_, [&](const FilterTerm& term) { return term.holds(event); });
}

std::vector<Mismatch> Filters::explain_all(const Event& event, const UnreadValues& unread) const {
    std::vector<Mismatch> all;
    if (terms_) {
        for (const auto& term : *terms_) {
            if (!term.holds(event)) {
                all.push_back(mismatch(term, event, unread));
            }
        }
    }
    return all;
}

} // namespace agent
