// What a device has when its agent is updated: a database of schema version 1 with deliveries that
// wait.

#include "test/simulation/world.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <fstream>
#include <sstream>

namespace simulation {

namespace {

constexpr std::int64_t queue_time = 1'000'000; // when the events were accepted

std::string contents(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream{path}.rdbuf();
    return text.str();
}

} // namespace

void World::lay_old_database() {
    SQLite::Database database{disk_.folder() + "/agent.db",
                              SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
    database.exec(contents(FFL_TEST_DATA "/schema_v1.sql"));
    database.exec("BEGIN; DELETE FROM meta WHERE key = 'queue_time'; DELETE FROM webhook; "
                  "DELETE FROM event; DELETE FROM delivery; DELETE FROM cooldown;");
    SQLite::Statement webhook{database, "INSERT INTO webhook VALUES(?, ?, ?)"};
    SQLite::Statement event{database, "INSERT INTO event VALUES(?, ?, 1, ?, ?)"};
    SQLite::Statement delivery{
        database, "INSERT INTO delivery VALUES(? * 65536 + ?, ?, 0, ?, ?, 0, '', '[]')"};
    const auto definitions = definitions_.list();
    for (std::size_t i = 0; i < definitions.size(); ++i) {
        const auto key = definitions[i].at("id").dump();
        webhook.reset();
        webhook.bind(1, static_cast<int>(i));
        webhook.bind(2, key);
        webhook.bind(3, definitions[i].dump());
        webhook.exec();
    }
    for (std::size_t i = 0; i < plan_.old_events; ++i) {
        const auto id = "e" + std::to_string(++next_event_);
        const auto camera = static_cast<int>(1 + random_.below(cameras));
        int place = 0;
        for (const auto& key : definitions_.keys()) {
            if (!definitions_.ever_matched(key, camera)) {
                continue;
            }
            const auto attempts =
                definitions_.most_attempts(key) == 1 ? 0 : static_cast<int>(random_.below(2));
            delivery.reset();
            delivery.bind(1, static_cast<std::int64_t>(next_event_));
            delivery.bind(2, place++);
            delivery.bind(3, key);
            delivery.bind(4, attempts);
            delivery.bind(5, attempts * queue_time);
            delivery.exec();
            ledger_.inherited(id, camera, key, static_cast<unsigned>(attempts));
        }
        if (place > 0) {
            event.reset();
            event.bind(1, static_cast<std::int64_t>(next_event_));
            event.bind(2, id);
            event.bind(3, queue_time);
            event.bind(4, nlohmann::json{{"id", id}, {"type", "face"}, {"camera", camera}}.dump());
            event.exec();
        }
    }
    database.exec("COMMIT");
    disk_.settle();
    if (random_.chance(0.5)) { // in the migration, perhaps
        disk_.die_after(random_.below(40), random_.chance(0.5) ? Death::power : Death::process);
    }
}

} // namespace simulation
