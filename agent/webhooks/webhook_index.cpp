#include "agent/webhooks/webhook_index.hpp"

#include "agent/webhooks/filter_term.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace agent {

namespace {

// An index needs a number for a value, not the value itself: where two share one, a webhook becomes
// a candidate in vain.
std::uint64_t number_of(const std::string& text) {
    return std::hash<std::string_view>{}(text);
}

std::uint64_t number_of(const Id& id) {
    return id.negative ? ~id.magnitude : id.magnitude;
}

using Values = std::vector<std::uint64_t>;

// The values of which a filter wants one. False: it does not want single values.
template <class Test> bool add_wanted(const Test& test, Values& values) {
    for (const auto& one : test.wanted) {
        values.push_back(number_of(one));
    }
    return true;
}

bool add_wanted(const IsMatched& test, Values& values) {
    values.push_back(test.wanted ? 1 : 0);
    return true;
}

bool add_wanted(const Bound&, Values&) {
    return false;
}

bool add_wanted(const PlateOf& test, Values& values) {
    values.push_back(number_of(test.plate));
    return true;
}

template <class Value> std::optional<std::uint64_t> numbered(const std::optional<Value>& value) {
    return value ? std::optional{number_of(*value)} : std::nullopt;
}

// What the event has there: where the filter holds, one of the values that it wants.
std::optional<std::uint64_t> value_in(const Event& event, const OneOfTexts& test) {
    return numbered(test.read(event));
}

std::optional<std::uint64_t> value_in(const Event& event, const OneOfIds& test) {
    return numbered(event.*test.field);
}

std::optional<std::uint64_t> value_in(const Event& event, const IsMatched&) {
    return event.matched ? std::optional<std::uint64_t>{*event.matched ? 1 : 0} : std::nullopt;
}

std::optional<std::uint64_t> value_in(const Event&, const Bound&) {
    return std::nullopt;
}

std::optional<std::uint64_t> value_in(const Event& event, const PlateOf& test) {
    return event.type == test.type ? numbered(event.plate) : std::nullopt;
}

bool add_wanted(const FilterTerm& term, Values& values) {
    return std::visit([&](const auto& test) { return add_wanted(test, values); }, term.test);
}

std::optional<std::uint64_t> value_in(const Event& event, const FilterTerm& term) {
    return std::visit([&](const auto& test) { return value_in(event, test); }, term.test);
}

/// The values that one filter of a webhook wants, in a list of all.
struct Wanted {
    std::uint32_t place = 0; ///< of the webhook in the snapshot
    std::size_t field = 0;
    std::size_t begin = 0, end = 0;
    [[nodiscard]] std::span<const std::uint64_t> in(const Values& all) const {
        return std::span{all}.subspan(begin, end - begin);
    }
};

/// How many webhooks want a value of a field. Too many where values share a counter, which makes
/// the index no less right.
class Popularity {
  public:
    Popularity(const std::vector<Wanted>& all, const Values& values) : values_{values} {
        // Two to four counters for each value, so that few are shared.
        const auto bits = static_cast<unsigned>(std::bit_width(values.size())) + 1;
        shift_ = 64 - bits;
        counts_.resize(std::size_t{1} << bits);
        for (const auto& wanted : all) {
            for (const auto value : wanted.in(values)) {
                ++counts_[counter(wanted.field, value)];
            }
        }
    }
    /// Of the most popular value, and how many values there are.
    [[nodiscard]] std::pair<std::uint32_t, std::size_t> of(const Wanted& wanted) const {
        std::uint32_t most = 0;
        const auto values = wanted.in(values_);
        for (const auto value : values) {
            most = std::max(most, counts_[counter(wanted.field, value)]);
        }
        return {most, values.size()};
    }

  private:
    [[nodiscard]] std::size_t counter(std::size_t field, std::uint64_t value) const {
        constexpr std::uint64_t odd = 0x9E3779B97F4A7C15; // 2^64 divided by the golden ratio
        return static_cast<std::size_t>(((value + field * odd) * odd) >> shift_);
    }

    const Values& values_;
    std::vector<std::uint32_t> counts_;
    unsigned shift_ = 0;
};

} // namespace

WebhookIndex::WebhookIndex(std::shared_ptr<const Snapshot> snapshot)
    : snapshot_{std::move(snapshot)} {
    const auto& webhooks = snapshot_->webhooks;
    std::vector<Wanted> all;
    Values values;
    for (std::uint32_t place = 0; place < webhooks.size(); ++place) {
        if (webhooks[place]->state != WebhookState::serving) {
            continue;
        }
        const auto before = all.size();
        for (const auto& term : webhooks[place]->filters.terms()) {
            const auto begin = values.size();
            if (add_wanted(term, values)) {
                all.push_back({place, field_of(term), begin, values.size()});
            }
        }
        if (all.size() == before) {
            always_.push_back(place);
        }
    }
    // Each webhook goes under the filter of which the most popular value is the least popular, so
    // that no event leads to many candidates where that can be avoided; of several such filters,
    // under the one with the fewest values. An empty list has none: nothing matches.
    const Popularity popularity{all, values};
    const auto popularity_of = [&](const Wanted& wanted) { return popularity.of(wanted); };
    for (auto begin = all.begin(); begin != all.end();) {
        const auto end = std::find_if(
            begin, all.end(), [&](const Wanted& wanted) { return wanted.place != begin->place; });
        const auto best = std::ranges::min_element(begin, end, {}, popularity_of);
        for (const auto value : best->in(values)) {
            fields_[best->field].entries.push_back({value, best->place});
        }
        begin = end;
    }
    for (auto& [term, entries] : fields_) {
        std::ranges::sort(entries);
        // A list may hold a value twice.
        entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
        entries.shrink_to_fit();
    }
    std::erase_if(fields_, [](const Field& field) { return field.entries.empty(); });
}

std::size_t WebhookIndex::field_of(const FilterTerm& term) {
    const auto at = std::ranges::find_if(
        fields_, [&](const Field& field) { return field.term->filter == term.filter; });
    if (at == fields_.end()) {
        fields_.push_back({&term, {}});
        return fields_.size() - 1;
    }
    return static_cast<std::size_t>(at - fields_.begin());
}

template <class Decide> void WebhookIndex::each_candidate(const Event& event, Decide decide) const {
    std::ranges::for_each(always_, decide);
    for (const auto& [term, entries] : fields_) {
        const auto value = value_in(event, *term);
        if (!value) {
            continue;
        }
        auto at = std::ranges::lower_bound(entries, *value, {}, &Entry::value);
        for (; at != entries.end() && at->value == *value; ++at) {
            decide(at->place);
        }
    }
}

std::vector<std::shared_ptr<const Webhook>> WebhookIndex::match(const Event& event) const {
    const auto& webhooks = snapshot_->webhooks;
    std::vector<std::uint32_t> places;
    each_candidate(event, [&](std::uint32_t place) {
        if (webhooks[place]->filters.matches(event)) {
            places.push_back(place);
        }
    });
    std::ranges::sort(places);
    std::vector<std::shared_ptr<const Webhook>> matching;
    matching.reserve(places.size());
    for (const auto place : places) {
        matching.push_back(webhooks[place]);
    }
    return matching;
}

std::size_t WebhookIndex::candidates(const Event& event) const {
    std::size_t count = 0;
    each_candidate(event, [&](std::uint32_t) { ++count; });
    return count;
}

} // namespace agent
