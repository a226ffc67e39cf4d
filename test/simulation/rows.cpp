// The rows of the queue as they lie on the disk, read without the agent.

#include "test/simulation/world.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

namespace simulation {

std::vector<Row> World::rows() {
    SQLite::Database database{disk_.folder() + "/agent.db"};
    if (const auto sound = database.execAndGet("PRAGMA integrity_check").getString();
        sound != "ok") {
        throw Broken{"the database is damaged at the end: " + sound};
    }
    std::vector<Row> found;
    // The deliveries of an event are a range of ids (agent/store/schema.hpp).
    SQLite::Statement kept{database,
                           "SELECT event_id, webhook, state, attempts, last_error FROM delivery "
                           "LEFT JOIN event ON event.id = delivery.id / 65536"};
    while (kept.executeStep()) {
        found.push_back({kept.getColumn(0).getString(), kept.getColumn(1).getString(),
                         kept.getColumn(2).getInt() != 0,
                         static_cast<unsigned>(kept.getColumn(3).getInt()),
                         kept.getColumn(4).getString()});
    }
    SQLite::Statement fresh{database, "SELECT event_id, value FROM fresh_event, "
                                      "json_each(webhooks) WHERE value IS NOT NULL"};
    while (fresh.executeStep()) {
        found.push_back(
            {fresh.getColumn(0).getString(), fresh.getColumn(1).getString(), false, 0, {}});
    }
    return found;
}

} // namespace simulation
