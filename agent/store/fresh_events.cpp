#include "agent/store/fresh_events.hpp"

#include "common/text/json.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

using common::Connection;

constexpr std::size_t most_bytes = 3'500; // of the body: a row that fits into a page of 4 KiB
constexpr std::size_t most_webhooks = 8;
constexpr auto no_limit = std::numeric_limits<std::int64_t>::max();

struct FreshRow {
    std::int64_t event = 0;
    std::vector<FreshDelivery> deliveries;
};

/// The rows from `from` on and below `below`, at most `limit`.
std::vector<FreshRow> read_rows(Connection& connection, std::int64_t from, std::int64_t below,
                                std::int64_t limit) {
    std::vector<FreshRow> rows;
    auto& query = connection.prepared("SELECT id, webhooks FROM fresh_event WHERE id >= ? AND id < "
                                      "? ORDER BY id LIMIT ?");
    query.bind(1, from);
    query.bind(2, below);
    query.bind(3, limit);
    while (query.executeStep()) {
        const auto id = query.getColumn(0).getInt64();
        rows.push_back({id, parse_fresh(id, query.getColumn(1).getString())});
    }
    query.reset();
    return rows;
}

void delete_event_row(Connection& connection, std::int64_t event) {
    auto& remove = connection.prepared("DELETE FROM fresh_event WHERE id = ?");
    remove.bind(1, event);
    remove.exec();
}

/// What `webhooks` says once one of them has got the event.
std::string without(const std::string& webhooks, std::size_t place) {
    auto list = nlohmann::json::parse(webhooks);
    list.at(place) = nullptr;
    return common::text_of(list);
}

void move_row(Connection& connection, const FreshRow& row) {
    auto& event = connection.prepared(
        "INSERT INTO event(id, event_id, given, accepted_at, body) "
        "SELECT id, event_id, given, accepted_at, body FROM fresh_event WHERE id = ?");
    event.bind(1, row.event);
    event.exec();
    for (const auto& delivery : row.deliveries) {
        put_delivery(connection, delivery.id, delivery.webhook);
    }
    delete_event_row(connection, row.event);
}

std::optional<std::int64_t> accepted_at(Connection& connection, const char* sql) {
    auto& query = connection.prepared(sql);
    const auto found =
        query.executeStep() ? std::optional{query.getColumn(0).getInt64()} : std::nullopt;
    query.reset();
    return found;
}

} // namespace

bool fits_fresh(const EventRow& event) {
    std::size_t names = 0;
    for (const auto& webhook : event.webhooks) {
        names += webhook.size() + 3;
    }
    return event.webhooks.size() <= most_webhooks &&
           event.bytes->size() + event.event_id.size() + names <= most_bytes;
}

void put_fresh(Connection& connection, const EventRow& event) {
    auto& put = connection.prepared("INSERT INTO fresh_event(id, event_id, given, accepted_at, "
                                    "body, webhooks) VALUES(?, ?, ?, ?, ?, ?)");
    bind_event(put, event);
    put.bind(6, common::text_of(nlohmann::json(event.webhooks)));
    put.exec();
}

std::vector<FreshDelivery> parse_fresh(std::int64_t event, const std::string& webhooks) {
    std::vector<FreshDelivery> deliveries;
    const auto list = nlohmann::json::parse(webhooks, nullptr, false);
    if (!list.is_array()) {
        return deliveries; // anything is possible in a damaged database
    }
    for (std::size_t place = 0; place < list.size(); ++place) {
        if (list[place].is_string()) {
            deliveries.push_back({event * deliveries_per_event + static_cast<std::int64_t>(place),
                                  list[place].get<std::string>()});
        }
    }
    return deliveries;
}

std::vector<FreshDelivery> fresh_deliveries(Connection& connection, std::int64_t after,
                                            std::int64_t below) {
    std::vector<FreshDelivery> found;
    const auto end = (below - 1) / deliveries_per_event + 1;
    for (auto& row : read_rows(connection, after / deliveries_per_event, end, -1)) {
        std::ranges::copy_if(row.deliveries, std::back_inserter(found),
                             [&](const auto& one) { return one.id > after && one.id < below; });
    }
    return found;
}

std::optional<FreshDelivery> first_fresh(Connection& connection, std::int64_t from) {
    for (auto event = from / deliveries_per_event;;) {
        const auto rows = read_rows(connection, event, no_limit, 1);
        if (rows.empty()) {
            return std::nullopt;
        }
        const auto& deliveries = rows.front().deliveries;
        const auto found = std::ranges::lower_bound(deliveries, from, {}, &FreshDelivery::id);
        if (found != deliveries.end()) {
            return *found;
        }
        event = rows.front().event + 1;
    }
}

const FreshDelivery* FreshEvent::delivery(std::int64_t id) const {
    const auto found = std::ranges::lower_bound(deliveries, id, {}, &FreshDelivery::id);
    return found != deliveries.end() && found->id == id ? &*found : nullptr;
}

std::optional<FreshEvent> read_fresh_event(Connection& connection, std::int64_t event) {
    auto& query = connection.prepared(
        "SELECT event_id, accepted_at, body, webhooks FROM fresh_event WHERE id = ?");
    query.bind(1, event);
    if (!query.executeStep()) {
        return std::nullopt;
    }
    FreshEvent found{query.getColumn(0).getString(), query.getColumn(1).getInt64(),
                     query.getColumn(2).getString(),
                     parse_fresh(event, query.getColumn(3).getString())};
    query.reset();
    return found;
}

void for_each_given(
    Connection& connection,
    const std::function<void(std::int64_t, std::string_view, std::string_view)>& each) {
    auto& query = connection.prepared("SELECT id, event_id, body FROM fresh_event WHERE given = 1");
    const auto text = [&](int column) {
        const auto value = query.getColumn(column);
        return std::string_view{static_cast<const char*>(value.getBlob()),
                                static_cast<std::size_t>(value.getBytes())};
    };
    while (query.executeStep()) {
        each(query.getColumn(0).getInt64(), text(1), text(2));
    }
    query.reset();
}

std::int64_t oldest_fresh_at(Connection& connection) {
    return accepted_at(connection, "SELECT accepted_at FROM fresh_event ORDER BY id LIMIT 1")
        .value_or(no_limit);
}

std::int64_t newest_fresh_at(Connection& connection) {
    return accepted_at(connection, "SELECT accepted_at FROM fresh_event ORDER BY id DESC LIMIT 1")
        .value_or(0);
}

std::optional<DeletedDelivery> delete_fresh(Connection& connection, std::int64_t id) {
    const auto event = id / deliveries_per_event;
    auto& query = connection.prepared("SELECT webhooks FROM fresh_event WHERE id = ?");
    query.bind(1, event);
    if (!query.executeStep()) {
        return std::nullopt;
    }
    const auto webhooks = query.getColumn(0).getString();
    query.reset();
    const auto deliveries = parse_fresh(event, webhooks);
    const auto found = std::ranges::lower_bound(deliveries, id, {}, &FreshDelivery::id);
    if (found == deliveries.end() || found->id != id) {
        return std::nullopt;
    }
    const bool last = deliveries.size() == 1;
    if (last) {
        delete_event_row(connection, event);
    } else {
        auto& update = connection.prepared("UPDATE fresh_event SET webhooks = ? WHERE id = ?");
        update.bind(1, without(webhooks, static_cast<std::size_t>(id % deliveries_per_event)));
        update.bind(2, event);
        update.exec();
    }
    return DeletedDelivery{found->webhook, true, last};
}

void move_out(Connection& connection, std::int64_t event) {
    for (const auto& row : read_rows(connection, event, event + 1, 1)) {
        move_row(connection, row);
    }
}

void move_out_below(Connection& connection, std::int64_t below) {
    for (const auto& row : read_rows(connection, 0, below, -1)) {
        move_row(connection, row);
    }
}

void move_out_all(Connection& connection) {
    if (!first_fresh(connection, 0)) {
        return;
    }
    SQLite::Transaction transaction{connection.handle(), SQLite::TransactionBehavior::IMMEDIATE};
    move_out_below(connection, no_limit);
    transaction.commit();
}

void keep_few_fresh(Connection& connection, std::int64_t next) {
    const auto oldest = first_fresh(connection, 0);
    if (oldest && oldest->id / deliveries_per_event < next - most_fresh) {
        move_out_below(connection, next - most_fresh / 2);
    }
}

bool may_stay_fresh(std::int64_t event, std::int64_t next) {
    return event >= next - most_fresh / 2;
}

} // namespace agent
