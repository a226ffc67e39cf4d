// Filters decide as the plain table of test/support does, and explain what they decided. The first
// line is the filters, the rest the event.

#include "agent/webhooks/filter_parser.hpp"
#include "agent/webhooks/webhook_index.hpp"
#include "common/text/json.hpp"
#include "test/fuzz/input.hpp"
#include "test/fuzz/target.hpp"
#include "test/support/plain_filters.hpp"

namespace {

using fuzz::require;
using nlohmann::json;

bool found_by_index(const agent::Filters& filters, const agent::Event& event) {
    auto webhook = std::make_shared<agent::Webhook>();
    webhook->state = agent::WebhookState::serving;
    webhook->filters = filters;
    auto snapshot = std::make_shared<agent::Snapshot>();
    snapshot->webhooks.push_back(std::move(webhook));
    return !agent::WebhookIndex{std::move(snapshot)}.match(event).empty();
}

void match(std::string_view bytes) {
    const auto wanted = common::parse_json(fuzz::take_line(bytes));
    if (!wanted) {
        return;
    }
    const auto parsed = agent::parse_filters(*wanted);
    if (!parsed.faults.empty()) {
        require(parsed.warnings.empty() && parsed.filters.terms().empty(),
                "of faulty filters nothing is used");
        return;
    }
    const auto event = agent::read_event(bytes);
    if (!event) {
        return;
    }
    const auto plain = common::parse_json(bytes).value();
    const bool matches = parsed.filters.matches(*event);
    const auto filters = wanted->is_null() ? json::object() : *wanted;
    require(matches == test::plain_matches(filters, plain), "both implementations agree");
    require(matches == found_by_index(parsed.filters, *event), "the index agrees");
    const auto mismatches = parsed.filters.explain_all(*event, agent::unread_values(bytes));
    require(matches == mismatches.empty(), "what does not match is explained");
    for (const auto& one : mismatches) {
        const auto key = one.filter.substr(0, one.filter.find('.'));
        require(!test::plain_matches({{key, filters.at(key)}}, plain), "by a filter that fails");
        require(json::accept(one.wanted) && json::accept(one.found), "with JSON values");
    }
}

const fuzz::Registered registered{{"filters", match}};

} // namespace
