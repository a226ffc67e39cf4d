#include "agent/store/offline_queue.hpp"

#include "agent/store/definition_rows.hpp"
#include "agent/store/queue_lock.hpp"
#include "agent/store/queue_time.hpp"
#include "agent/webhooks/definition_list.hpp"

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
        common::asio::io_context loop;
        common::SystemClock clock{loop.get_executor()};
        queue->now_ = read_queue_time(*queue->connection_, clock);
        queue->read_names();
    } catch (...) {
        return common::fail(path, common::storage_error());
    }
    return queue;
}

void OfflineQueue::read_names() {
    for (const auto& [key, text] : read_definitions(*connection_).list) {
        const auto definition = json::parse(text, nullptr, false);
        if (definition.is_object() && definition.contains("name") &&
            definition["name"].is_string()) {
            names_[key] = definition["name"];
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

Result<std::string> OfflineQueue::page(const Selection& selection, std::int64_t after,
                                       std::size_t limit, bool with_bodies) {
    try {
        const auto page = read_rows(*connection_, selection, after, limit, with_bodies, now_);
        std::vector<std::string> rows;
        for (const auto& row : page.rows) {
            rows.push_back(row_text(row, name_of(row.webhook), {.event = with_bodies}));
        }
        return page_text(rows, page.next);
    } catch (...) {
        return common::fail(common::storage_error());
    }
}

Result<std::string> OfflineQueue::one(std::int64_t id) {
    try {
        const auto row = read_row(*connection_, id, now_);
        if (!row) {
            return common::fail(Fault::input, "there is no delivery " + std::to_string(id));
        }
        return row_text(*row, name_of(row->webhook), {.event = true, .history = true});
    } catch (...) {
        return common::fail(common::storage_error());
    }
}

} // namespace agent
