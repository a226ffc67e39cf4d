#include "agent/store/row_bounds.hpp"

#include "agent/store/damage.hpp"
#include "agent/store/queue_time.hpp"
#include "agent/store/stored_time.hpp"
#include "common/base/log.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace agent {

namespace {

using common::Connection;

/// No retry is put off for longer, in ms.
constexpr std::int64_t longest_wait = std::int64_t{366} * 24 * 3'600'000;

std::int64_t correct_retries(Connection& connection) {
    const auto anchor = read_anchor(connection);
    const auto now = std::clamp<std::int64_t>(
        anchor ? anchor->queue : newest_accepted_at(connection), 1, INT64_MAX - longest_wait);
    std::vector<std::string> webhooks;
    auto& keys = connection.prepared(
        "SELECT DISTINCT webhook FROM delivery INDEXED BY delivery_pending WHERE state = 0");
    while (keys.executeStep()) {
        webhooks.push_back(keys.getColumn(0).getString());
    }
    std::int64_t corrected = 0;
    for (const auto& webhook : webhooks) {
        auto& update = connection.prepared(
            "UPDATE delivery SET due = ?2 WHERE id IN (SELECT id FROM delivery INDEXED BY "
            "delivery_pending WHERE state = 0 AND webhook = ?1 AND due < 0 UNION ALL SELECT id "
            "FROM delivery INDEXED BY delivery_pending WHERE state = 0 AND webhook = ?1 AND due > "
            "?3)");
        update.bind(1, webhook);
        update.bind(2, now);
        update.bind(3, now + longest_wait);
        corrected += update.exec();
    }
    return corrected;
}

std::int64_t drop_orphans(Connection& connection) {
    std::error_code unknown;
    const auto bytes = std::filesystem::file_size(connection.path(), unknown);
    if (unknown || bytes > max_checked_bytes) {
        return 0;
    }
    return connection
        .prepared("DELETE FROM delivery WHERE NOT EXISTS(SELECT 1 FROM event WHERE event.id = "
                  "delivery.id / 65536)")
        .exec();
}

} // namespace

void correct_rows(Connection& connection) {
    if (const auto retries = correct_retries(connection); retries > 0) {
        common::log::warn("retries had times that cannot be true: they are due now",
                          {{"deliveries", retries}});
    }
    if (const auto orphans = drop_orphans(connection); orphans > 0) {
        common::log::error("the events of deliveries are missing in the database: these "
                           "deliveries were dropped",
                           {{"deliveries", orphans}});
    }
}

} // namespace agent
