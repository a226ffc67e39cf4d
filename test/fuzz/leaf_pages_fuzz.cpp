// From a damaged file every event is read whose own pages are sound. The bytes are the damage to
// a database with events of many sizes.

#include "agent/store/leaf_pages.hpp"
#include "test/fuzz/damage.hpp"
#include "test/fuzz/memory_file.hpp"
#include "test/fuzz/target.hpp"

#include <SQLiteCpp/Database.h>
#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sqlite3.h>

namespace {

using fuzz::require;

constexpr std::size_t page_bytes = 4096;
constexpr std::size_t map_page = 1; // counted from 0: which pages are free

/// What the body of an event consists of, so that each page that has a part of it shows whose.
std::string mark(std::size_t event) {
    return "<" + std::to_string(100 + event) + ">";
}

std::string body_of(std::size_t event, std::size_t marks) {
    std::string body;
    for (std::size_t i = 0; i < marks; ++i) {
        body += mark(event);
    }
    return body;
}

struct Original {
    std::string file;
    std::map<std::int64_t, std::string> bodies;
    std::map<std::int64_t, std::set<std::size_t>> pages; ///< of each event, counted from 0
};

std::string text_of(const std::string& path) {
    std::ifstream from{path};
    return {std::istreambuf_iterator<char>{from}, {}};
}

Original make_original() {
    Original made;
    SQLite::Database handle{":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
    handle.exec("PRAGMA auto_vacuum = INCREMENTAL");
    handle.exec(text_of(FFL_TEST_DATA "/schema_v2.sql"));
    handle.exec("DELETE FROM event; DELETE FROM fresh_event");
    constexpr std::size_t sizes[] = {4, 200, 700, 900, 2'000, 9'000};
    for (std::size_t i = 0; i < 18; ++i) {
        const auto id = static_cast<std::int64_t>(1'000 + i);
        const auto body = body_of(i, sizes[i % std::size(sizes)]);
        const bool fresh = i % 3 == 0;
        handle.exec("INSERT INTO " + std::string{fresh ? "fresh_event" : "event"} + " VALUES(" +
                    std::to_string(id) + ", 'event " + std::to_string(i) + "', 1, " +
                    std::to_string(id * id) + ", CAST('" + body + "' AS BLOB)" +
                    (fresh ? ", '[\"1\"]')" : ")"));
        made.bodies[id] = body;
    }
    sqlite3_int64 size = 0;
    auto* const bytes = ::sqlite3_serialize(handle.getHandle(), "main", &size, 0);
    made.file.assign(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    ::sqlite3_free(bytes);
    for (std::size_t i = 0; i < made.bodies.size(); ++i) {
        auto& pages = made.pages[static_cast<std::int64_t>(1'000 + i)];
        for (auto at = made.file.find(mark(i)); at != std::string::npos;
             at = made.file.find(mark(i), at + 1)) {
            pages.insert(at / page_bytes);
            pages.insert((at + 4) / page_bytes);
        }
    }
    return made;
}

void read(std::string_view bytes) {
    static const auto original = make_original();
    static fuzz::MemoryFile file;
    auto damaged = original.file;
    std::set<std::size_t> hit;
    for (const auto& change : fuzz::damage(damaged, bytes, page_bytes, 0)) {
        for (auto page = change.begin / page_bytes; page <= (change.end - 1) / page_bytes; ++page) {
            hit.insert(page);
        }
    }
    file.write(damaged);
    std::set<std::int64_t> sound;
    std::size_t found = 0;
    agent::read_event_pages(file.path(), {}, [&](const agent::StoredEvent& event) {
        ++found;
        const auto body = original.bodies.find(event.id);
        if (body != original.bodies.end() && body->second == event.body &&
            event.accepted_at == event.id * event.id) {
            sound.insert(event.id);
        }
    });
    require(found <= damaged.size() / 4, "no more events than cells");
    for (const auto& [id, pages] : original.pages) {
        const bool lost = hit.contains(map_page) ||
                          std::ranges::any_of(pages, [&](auto page) { return hit.contains(page); });
        require(lost || sound.contains(id), "an event whose pages are sound is found");
    }
}

const fuzz::Registered registered{{"leaf_pages", read}};

} // namespace
