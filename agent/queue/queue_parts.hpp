// What the parts of the queue share. Loop thread.
#pragma once

#include "agent/config/config.hpp"
#include "agent/event_list/event_list.hpp"
#include "agent/queue/queue_counts.hpp"
#include "agent/queue/queue_database.hpp"
#include "agent/store/queue_time.hpp"
#include "agent/store/selection.hpp"
#include "agent/webhooks/delivery.hpp"
#include "common/async/clock.hpp"

#include <functional>
#include <vector>

namespace agent {

/// What the queue tells the lanes.
struct QueueListeners {
    /// These deliveries were committed.
    std::function<void(std::vector<Delivery>)> committed = [](const std::vector<Delivery>&) {};
    /// Rows of the selection were changed, and not by the lanes.
    std::function<void(const Selection&)> rows_changed = [](const Selection&) {};
    /// The queue was read again, after an error or because it could not be read at the start.
    std::function<void()> loaded = [] {};
};

/// All of these outlive the parts.
struct QueueParts {
    common::Executor loop;
    common::Clock& clock;
    const Config& config;
    QueueTime& time;
    QueueCounts& counts;
    QueueDatabase& database;
    const QueueListeners& listeners;
    EventList& events;
};

} // namespace agent
