#include "agent/store/offline_queue.hpp"

#include "agent/store/definition_rows.hpp"
#include "agent/store/delivery_id.hpp"
#include "agent/store/fresh_events.hpp"
#include "agent/store/queue_lock.hpp"
#include "agent/store/queue_time.hpp"
#include "agent/store/stored_time.hpp"
#include "agent/webhooks/definition_list.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

using common::Fault;
using common::Result;
using nlohmann::json;

} // namespace

Result<std::unique_ptr<OfflineQueue>> OfflineQueue::open(const std::string& path) {
    auto connection = common::Connection::open_read_only(path);
    if (!connection && !QueueLock::holder(path)) {
        // On a read-only disk the index of the WAL cannot be created; but nobody writes there.
        if (auto unlocked = common::Connection::open_unlocked(path)) {
            connection = std::move(unlocked);
        }
    }
    if (!connection) {
        return common::fail(connection.error());
    }
    std::unique_ptr<OfflineQueue> queue{new OfflineQueue{std::move(*connection)}};
    try {
        stand_in_for_migrations(*queue->connection_);
        common::asio::io_context loop;
        common::SystemClock clock{loop.get_executor()};
        queue->now_ = read_queue_time(*queue->connection_, clock);
        queue->wall_ = clock.wall();
        queue->read_names();
    } catch (...) {
        return common::fail(path, common::storage_error());
    }
    return queue;
}

void OfflineQueue::read_names() {
    for (const auto& [key, text] : read_definitions(*connection_).list) {
        auto& name = names_[key];
        const auto definition = json::parse(text, nullptr, false);
        if (definition.is_object() && definition.contains("name") &&
            definition["name"].is_string()) {
            name = definition["name"];
        }
    }
}

std::string OfflineQueue::name_of(const std::string& key) const {
    if (const auto name = local_name(key)) {
        return std::string{*name};
    }
    const auto found = names_.find(key);
    return found == names_.end() ? "" : found->second;
}

Result<std::string> OfflineQueue::webhook(const std::string& given) {
    std::map<std::string, std::string> known = names_;
    try {
        SQLite::Statement rows{connection_->handle(), "SELECT DISTINCT webhook FROM delivery"};
        while (rows.executeStep()) {
            known.emplace(rows.getColumn(0).getString(), std::string{});
        }
        for (const auto& fresh : fresh_deliveries(*connection_, 0)) {
            known.emplace(fresh.webhook, std::string{});
        }
    } catch (...) {
        return common::fail(common::storage_error());
    }
    std::vector<WebhookName> names;
    names.reserve(known.size());
    for (const auto& [key, name] : known) {
        names.push_back({key, name_of(key)});
    }
    return find_webhook(given, names);
}

Result<std::string> OfflineQueue::page(RowQuery query) {
    if (query.selection.webhook) {
        auto key = webhook(*query.selection.webhook);
        if (!key) {
            return common::fail(key.error());
        }
        query.selection.webhook = std::move(*key);
    }
    try {
        RowPage page;
        do {
            page = read_rows(*connection_, query, now_);
            query.after = page.next.value_or(0);
        } while (page.rows.empty() && page.next);
        std::vector<std::string> rows;
        for (const auto& row : page.rows) {
            rows.push_back(
                row_text(row, name_of(row.webhook), {.event = query.bodies, .now = wall_}));
        }
        const auto total = query.restricted()
                               ? std::nullopt
                               : std::optional{count_rows(*connection_, query.selection)};
        return page_text(rows, page.next, total);
    } catch (...) {
        return common::fail(common::storage_error());
    }
}

Result<std::string> OfflineQueue::one(std::int64_t id) {
    try {
        const auto row = read_row(*connection_, id, now_);
        if (!row) {
            return common::fail(Fault::input, "there is no delivery " + shown_delivery(id));
        }
        return row_text(*row, name_of(row->webhook),
                        {.event = true, .history = true, .now = wall_});
    } catch (...) {
        return common::fail(common::storage_error());
    }
}

} // namespace agent
