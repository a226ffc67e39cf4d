#include "agent/api/deliveries_api.hpp"

#include "agent/api/replies.hpp"
#include "agent/api/selection_reader.hpp"
#include "agent/store/delivery_id.hpp"
#include "agent/webhooks/webhook_name.hpp"
#include "common/net/problem.hpp"
#include "common/text/invalid.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

using common::HttpReply;
using common::Task;
using nlohmann::json;

// With bodies a page is read in steps that end after so many bytes, and ends early: a thousand
// events of 4 MiB do not fit into a board's memory.
constexpr std::size_t bodies_step = 64;
constexpr std::size_t bodies_bytes = std::size_t{2} << 20;
/// What a page or an event takes while it is put together: the last event, and a copy of all.
constexpr std::size_t page_bytes = 2 * bodies_bytes + (std::size_t{8} << 20);
constexpr std::size_t rows_bytes = std::size_t{1} << 20; // a thousand rows without events

HttpReply database_problem(const common::Error& error) {
    return common::problem(503, "the database is not available: " + error.message,
                           {{"Retry-After", "5"}});
}

HttpReply no_such_delivery(const std::string& id) {
    return common::problem(404, "there is no delivery " + id +
                                    ": it was delivered, was dropped or never existed");
}

HttpReply bad_id(const std::string& id) {
    return common::problem(400, common::invalid("id", common::shown(json(id)), delivery_id_form));
}

} // namespace

std::string DeliveriesApi::name_of(const DeliveryRow& row) const {
    const auto webhook = cache_.snapshot()->find(row.webhook);
    return webhook ? webhook->name : "";
}

void DeliveriesApi::wait_for_probe(DeliveryRow& row) const {
    // The first attempt of a delivery waits for no probe.
    const auto probe = probe_in_ && row.next_attempt_ms && row.attempts > 0 ? probe_in_(row.webhook)
                                                                            : std::nullopt;
    if (probe) {
        row.next_attempt_ms = std::max(*row.next_attempt_ms, std::int64_t{probe->count()});
    }
}

std::optional<HttpReply> DeliveriesApi::resolve_webhook(Selection& selection) const {
    if (!selection.webhook) {
        return std::nullopt;
    }
    auto& webhook = *selection.webhook;
    const auto names = names_of(*cache_.snapshot());
    auto key = find_webhook(webhook, names);
    if (key) {
        webhook = std::move(*key);
        return std::nullopt;
    }
    if (queue_.pending(webhook) + queue_.dead(webhook) > 0) { // of one that was removed
        return std::nullopt;
    }
    return no_such_webhook(webhook, names, key.error());
}

std::uint64_t DeliveriesApi::total(const Selection& selection) const {
    const auto stats = queue_.stats();
    const auto pending = selection.webhook ? queue_.pending(*selection.webhook) : stats.pending;
    const auto dead = selection.webhook ? queue_.dead(*selection.webhook) : stats.dead;
    return !selection.state                             ? pending + dead
           : *selection.state == DeliveryState::pending ? pending
                                                        : dead;
}

Task<HttpReply> DeliveriesApi::list(std::string text) {
    auto query = read_list_query(text);
    if (!query) {
        co_return common::problem(400, query.error().message);
    }
    if (auto unknown = resolve_webhook(query->selection)) {
        co_return std::move(*unknown);
    }
    common::MemoryBudget::Share share{memory_};
    if (!share.resize(query->bodies ? page_bytes : rows_bytes,
                      common::MemoryBudget::Rank::trusted)) {
        co_return no_memory_for_reply(memory_);
    }
    std::vector<std::string> rows;
    std::size_t bytes = 0;
    const auto limit = query->limit;
    std::optional<std::int64_t> next;
    do {
        const auto left = limit - rows.size();
        query->limit = query->bodies ? std::min(left, bodies_step) : left;
        query->after = next.value_or(query->after);
        auto page = co_await queue_.list(*query);
        if (!page) {
            co_return database_problem(page.error());
        }
        for (auto& row : page->rows) {
            wait_for_probe(row);
            rows.push_back(
                row_text(row, name_of(row), {.event = query->bodies, .now = clock_.wall()}));
            bytes += rows.back().size();
        }
        next = page->next;
    } while (next && rows.size() < limit && bytes < bodies_bytes);
    const auto all = query->restricted() ? std::nullopt : std::optional{total(query->selection)};
    co_return common::json_reply(200, page_text(rows, next, all));
}

Task<HttpReply> DeliveriesApi::show(std::string id) {
    const auto row = parse_delivery(id);
    if (!row) {
        co_return bad_id(id);
    }
    common::MemoryBudget::Share share{memory_};
    if (!share.resize(page_bytes, common::MemoryBudget::Rank::trusted)) {
        co_return no_memory_for_reply(memory_);
    }
    auto found = co_await queue_.show(*row);
    if (!found) {
        co_return database_problem(found.error());
    }
    if (!*found) {
        co_return no_such_delivery(id);
    }
    wait_for_probe(**found);
    auto text =
        row_text(**found, name_of(**found), {.event = true, .history = true, .now = clock_.wall()});
    co_return common::json_reply(200, std::move(text));
}

Task<HttpReply> DeliveriesApi::edit_one(std::string id, std::string query, Edit how) {
    if (!query.empty()) {
        co_return common::problem(400, "the query " + common::shown(json(query)) +
                                           " is not read here: the path alone names the delivery");
    }
    const auto row = parse_delivery(id);
    if (!row) {
        co_return bad_id(id);
    }
    Selection selection;
    selection.ids = {*row};
    const auto count = co_await queue_.edit(how, std::move(selection));
    if (!count) {
        co_return database_problem(count.error());
    }
    co_return *count == 0 ? no_such_delivery(id)
                          : common::json_reply(200, json{{count_key(how), *count}}.dump());
}

Task<HttpReply> DeliveriesApi::edit_all(std::string query, std::string body, Edit how) {
    auto selection = read_selection(query, body);
    if (!selection) {
        co_return common::problem(400, selection.error().message);
    }
    if (auto unknown = resolve_webhook(*selection)) {
        co_return std::move(*unknown);
    }
    const auto count = co_await queue_.edit(how, std::move(*selection));
    if (!count) {
        co_return database_problem(count.error());
    }
    co_return common::json_reply(200, json{{count_key(how), *count}}.dump());
}

} // namespace agent
