#include "agent/api/deliveries_api.hpp"

#include "agent/api/selection_reader.hpp"
#include "common/net/problem.hpp"
#include "common/text/invalid.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <charconv>
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

HttpReply no_memory(common::MemoryBudget& memory) {
    memory.note_refusal();
    return common::problem(503, "the memory for replies is in use; try again later",
                           {{"Retry-After", "1"}});
}

HttpReply no_such_delivery(const std::string& id) {
    return common::problem(404, "there is no delivery " + id +
                                    ": it was delivered, was dropped or never existed");
}

/// Nothing: the text is not a number, which is the caller's mistake. A number beyond 64 bits is
/// merely unknown: 0, which no row has.
std::optional<std::int64_t> row_id(const std::string& text) {
    if (text.empty() ||
        !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
        return std::nullopt;
    }
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    return error == std::errc{} ? id : 0;
}

HttpReply bad_id(const std::string& id) {
    return common::problem(400, common::invalid("id", common::shown(json(id)),
                                                "a whole number, as GET /v1/deliveries lists it"));
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

Task<HttpReply> DeliveriesApi::list(std::string query) {
    const auto wanted = read_list_query(query);
    if (!wanted) {
        co_return common::problem(400, wanted.error().message);
    }
    common::MemoryBudget::Share share{memory_};
    if (!share.resize(wanted->bodies ? page_bytes : rows_bytes,
                      common::MemoryBudget::Rank::trusted)) {
        co_return no_memory(memory_);
    }
    std::vector<std::string> rows;
    std::size_t bytes = 0;
    std::optional<std::int64_t> next = wanted->after;
    do {
        const auto left = wanted->limit - rows.size();
        const auto step = wanted->bodies ? std::min(left, bodies_step) : left;
        auto page = co_await queue_.list(wanted->selection, *next, step, wanted->bodies);
        if (!page) {
            co_return database_problem(page.error());
        }
        for (auto& row : page->rows) {
            wait_for_probe(row);
            rows.push_back(row_text(row, name_of(row), {.event = wanted->bodies}));
            bytes += rows.back().size();
        }
        next = page->next;
    } while (next && rows.size() < wanted->limit && bytes < bodies_bytes);
    co_return common::json_reply(200, page_text(rows, next));
}

Task<HttpReply> DeliveriesApi::show(std::string id) {
    const auto row = row_id(id);
    if (!row) {
        co_return bad_id(id);
    }
    common::MemoryBudget::Share share{memory_};
    if (!share.resize(page_bytes, common::MemoryBudget::Rank::trusted)) {
        co_return no_memory(memory_);
    }
    auto found = co_await queue_.show(*row);
    if (!found) {
        co_return database_problem(found.error());
    }
    if (!*found) {
        co_return no_such_delivery(id);
    }
    wait_for_probe(**found);
    auto text = row_text(**found, name_of(**found), {.event = true, .history = true});
    co_return common::json_reply(200, std::move(text));
}

Task<HttpReply> DeliveriesApi::edit_one(std::string id, std::string query, Edit how) {
    if (!query.empty()) {
        co_return common::problem(400, "the query " + common::shown(json(query)) +
                                           " is not read here: the path alone names the delivery");
    }
    const auto row = row_id(id);
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
    const auto count = co_await queue_.edit(how, std::move(*selection));
    if (!count) {
        co_return database_problem(count.error());
    }
    co_return common::json_reply(200, json{{count_key(how), *count}}.dump());
}

} // namespace agent
