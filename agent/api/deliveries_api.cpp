#include "agent/api/deliveries_api.hpp"

#include "agent/api/selection_reader.hpp"
#include "common/net/problem.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

using common::Fault;
using common::HttpReply;
using common::Task;
using nlohmann::json;

// With bodies a page is read in small steps and ends early: a thousand events of 4 MiB do not fit
// into a board.
constexpr std::size_t bodies_step = 8;
constexpr std::size_t bodies_bytes = std::size_t{4} << 20;

HttpReply store_problem(const common::Error& error) {
    return common::problem(503, "the store does not answer now: " + error.message,
                           {{"Retry-After", "5"}});
}

HttpReply no_such_delivery(const std::string& id) {
    return common::problem(
        404, "there is no delivery " + id +
                 ": it was delivered, dropped or never existed; GET /v1/deliveries lists them");
}

/// Nothing: not a number, which is the caller's mistake. A number that no row can have is only an
/// unknown one: 0 stands for it.
std::optional<std::int64_t> row_id(const std::string& text) {
    if (text.empty() ||
        !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
        return std::nullopt;
    }
    std::int64_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    return error == std::errc{} ? id : 0;
}

HttpReply bad_id() {
    return common::problem(
        400, "the id of a delivery is a whole number, as GET /v1/deliveries shows it");
}

} // namespace

std::string DeliveriesApi::name_of(const DeliveryRow& row) const {
    const auto webhook = cache_.snapshot()->find(row.webhook);
    return webhook ? webhook->name : "";
}

Task<HttpReply> DeliveriesApi::list(std::string query) {
    const auto wanted = read_list_query(query);
    if (!wanted) {
        co_return common::problem(400, wanted.error().message);
    }
    std::vector<std::string> rows;
    std::size_t bytes = 0;
    std::optional<std::int64_t> next = wanted->after;
    do {
        const auto left = wanted->limit - rows.size();
        auto read =
            queue_.list(wanted->selection, *next,
                        wanted->bodies ? std::min(left, bodies_step) : left, wanted->bodies);
        const auto page = co_await std::move(read);
        if (!page) {
            co_return store_problem(page.error());
        }
        for (const auto& row : page->rows) {
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
        co_return bad_id();
    }
    auto read = queue_.show(*row);
    const auto found = co_await std::move(read);
    if (!found) {
        co_return store_problem(found.error());
    }
    if (!*found) {
        co_return no_such_delivery(id);
    }
    auto text = row_text(**found, name_of(**found), {.event = true, .history = true});
    co_return common::json_reply(200, std::move(text));
}

Task<HttpReply> DeliveriesApi::edit_one(std::string id, Edit edit, const char* done) {
    const auto row = row_id(id);
    if (!row) {
        co_return bad_id();
    }
    Selection selection;
    selection.ids = {*row};
    auto work = (queue_.*edit)(std::move(selection));
    const auto count = co_await std::move(work);
    if (!count) {
        co_return store_problem(count.error());
    }
    co_return *count == 0 ? no_such_delivery(id)
                          : common::json_reply(200, json{{done, *count}}.dump());
}

Task<HttpReply> DeliveriesApi::edit_all(std::string body, Edit edit, const char* done) {
    auto selection = read_selection(body);
    if (!selection) {
        co_return common::problem(400, selection.error().message);
    }
    std::uint64_t count = 0;
    if (*selection) {
        auto work = (queue_.*edit)(std::move(**selection));
        const auto edited = co_await std::move(work);
        if (!edited) {
            co_return store_problem(edited.error());
        }
        count = *edited;
    }
    co_return common::json_reply(200, json{{done, count}}.dump());
}

Task<HttpReply> DeliveriesApi::retry_one(std::string id) {
    return edit_one(std::move(id), &Queue::retry, "retried");
}
Task<HttpReply> DeliveriesApi::drop_one(std::string id) {
    return edit_one(std::move(id), &Queue::drop, "dropped");
}
Task<HttpReply> DeliveriesApi::retry(std::string body) {
    return edit_all(std::move(body), &Queue::retry, "retried");
}
Task<HttpReply> DeliveriesApi::drop(std::string body) {
    return edit_all(std::move(body), &Queue::drop, "dropped");
}

} // namespace agent
