#include "agent/store/stored_time.hpp"

#include "agent/store/fresh_events.hpp"
#include "agent/store/queue_time.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>
#include <algorithm>

namespace agent {

std::int64_t newest_accepted_at(common::Connection& connection) {
    auto& query = connection.prepared("SELECT accepted_at FROM event ORDER BY id DESC LIMIT 1");
    const auto newest = query.executeStep() ? query.getColumn(0).getInt64() : 0;
    query.reset();
    return std::max(newest, newest_fresh_at(connection));
}

std::int64_t read_queue_time(common::Connection& connection, common::Clock& clock) {
    QueueTime time{clock};
    time.start(read_anchor(connection), newest_accepted_at(connection));
    return time.now();
}

} // namespace agent
