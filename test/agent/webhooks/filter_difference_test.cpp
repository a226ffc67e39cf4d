// Compares two implementations of contract section 4 on random events and filters.

#include "agent/webhooks/filter_parser.hpp"
#include "test/support/plain_filters.hpp"
#include "test/support/random_filters.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>

using nlohmann::json;
using Texts = test::RandomFilters::Texts;

TEST(FilterDifference, IsCheckedForEveryFilter) {
    const auto sorted = [](Texts names) {
        std::ranges::sort(names);
        return names;
    };
    EXPECT_EQ(sorted(test::RandomFilters::filter_names()), sorted(agent::filter_names()))
        << "add the filter to test/support/random_filters.cpp";
    EXPECT_EQ(sorted(test::plain_filter_names()), sorted(agent::filter_names()))
        << "add the filter to test/support/plain_filters.cpp";
}

TEST(FilterDifference, IsNoneBetweenTheAgentAndThePlainTable) {
    constexpr unsigned pairs = 20'000;
    test::RandomFilters maker{20240307};
    unsigned matching = 0;
    std::map<std::string, unsigned> failed;
    for (unsigned pair = 0; pair < pairs; ++pair) {
        const auto text = maker.event();
        const auto wanted = maker.filters();
        const auto parsed = agent::parse_filters(wanted);
        ASSERT_EQ(parsed.faults, Texts{}) << wanted;
        const auto event = agent::read_event(text);
        ASSERT_TRUE(event) << text << ": " << event.error().message;

        const auto plain_event = json::parse(text);
        const bool matches = parsed.filters.matches(*event);
        ASSERT_EQ(matches, test::plain_matches(wanted, plain_event)) << wanted << "\n" << text;
        const auto mismatches = parsed.filters.explain_all(*event);
        ASSERT_EQ(matches, mismatches.empty()) << wanted << "\n" << text;
        matching += matches ? 1U : 0U;
        for (const auto& mismatch : mismatches) {
            ++failed[mismatch.filter];
            // The named filter fails by itself.
            const auto key = mismatch.filter.substr(0, mismatch.filter.find('.'));
            ASSERT_FALSE(test::plain_matches({{key, wanted.at(key)}}, plain_event))
                << mismatch.filter << wanted << "\n"
                << text;
            ASSERT_TRUE(json::accept(mismatch.wanted) && json::accept(mismatch.found))
                << mismatch.wanted << " " << mismatch.found;
        }
    }
    // Both outcomes, and each filter and part as the one that failed, occurred often enough to
    // prove something.
    EXPECT_GT(matching, pairs / 20);
    EXPECT_GT(pairs - matching, pairs / 20);
    std::set<std::string> terms;
    for (const auto& filter : agent::filter_names()) {
        if (test::RandomFilters::feature_names().contains(filter)) {
            terms.insert(
                {filter + ".name", filter + ".confidence_gte", filter + ".confidence_lte"});
        } else {
            terms.insert(filter);
        }
    }
    for (const auto& term : terms) {
        EXPECT_GE(failed[term], 50U) << term;
    }
    EXPECT_EQ(failed.size(), terms.size());
    EXPECT_EQ(terms.size(), 29U);
}
