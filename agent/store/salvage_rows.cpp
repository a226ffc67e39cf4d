#include "agent/store/salvage_rows.hpp"

#include "agent/store/damaged_database.hpp"
#include "agent/store/new_database.hpp"
#include "agent/store/queue_time.hpp"
#include "agent/store/schema.hpp"
#include "common/sqlite/wal_file.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

namespace agent {

namespace {

using common::Connection;
using common::Result;
namespace fs = std::filesystem;

constexpr std::size_t page_bytes = 4096;

// What is believed of a damaged file. Ids leave room for as many events again; times are
// milliseconds of the queue's own clock, of which fifty years are more than any device has run.
constexpr std::int64_t max_event = std::int64_t{1} << 46U;
constexpr std::int64_t max_queue_time = 1'600'000'000'000;
constexpr std::int64_t max_attempts = 1'000'000;
constexpr std::int64_t hour = 3'600'000;
constexpr std::int64_t day = 24 * hour;

class Salvage {
  public:
    Salvage(const std::string& path, Connection& fresh, const Progress& progress)
        : progress_{progress}, from_{path, progress}, to_{fresh, progress} {}

    void run() {
        step("copying webhooks");
        copy_webhooks();
        step("copying events");
        copy_events();
        step("copying deliveries");
        copy_deliveries();
        step("copying deliveries that only the index knows");
        copy_lost_deliveries();
        step("copying cooldowns");
        copy_cooldowns();
        step("setting bounds");
        set_bounds();
        to_.commit();
    }
    /// Whether it has come across any event.
    [[nodiscard]] bool saw_events() const { return saw_events_; }

  private:
    void step(std::string_view name) {
        if (progress_) {
            progress_(name);
        }
    }

    void copy_webhooks() {
        const bool whole = from_.read_rows(
            "SELECT position, key, json FROM webhook ORDER BY position", "",
            [&](SQLite::Statement& row) {
                to_.put("INSERT OR IGNORE INTO webhook(position, key, json) VALUES(?, ?, ?)",
                        [&](SQLite::Statement& put) {
                            put.bind(1, row.getColumn(0).getInt64());
                            put.bind(2, row.getColumn(1).getString());
                            put.bind(3, row.getColumn(2).getString());
                        });
                keys_.insert(row.getColumn(1).getString());
            });
        from_.read_rows("SELECT key, value FROM meta", "", [&](SQLite::Statement& row) {
            // A list with gaps must not count as the whole list: events for the missing webhooks
            // would be lost.
            const auto key = row.getColumn(0).getString();
            if ((key == "list_fetched" && !whole) ||
                (key == "queue_time" && !is_plausible_anchor(row.getColumn(1).getString()))) {
                return;
            }
            to_.put("INSERT OR REPLACE INTO meta(key, value) VALUES(?, ?)",
                    [&](SQLite::Statement& put) {
                        put.bind(1, row.getColumn(0).getString());
                        put.bind(2, row.getColumn(1).getString());
                    });
        });
    }

    void copy_events() {
        from_.read_table(
            "SELECT id, event_id, given, accepted_at, body FROM event WHERE id >= ? ORDER BY id",
            [&](SQLite::Statement& row) {
                // Bytes that are not JSON are not the event that was accepted.
                saw_events_ = true;
                const auto id = row.getColumn(0).getInt64();
                if (id < 1 || id > max_event ||
                    !nlohmann::json::accept(row.getColumn(4).getString())) {
                    return;
                }
                to_.put("INSERT OR IGNORE INTO event(id, event_id, given, accepted_at, body) "
                        "VALUES(?, ?, ?, ?, ?)",
                        [&](SQLite::Statement& put) {
                            put.bind(1, row.getColumn(0).getInt64());
                            put.bind(2, row.getColumn(1).getString());
                            put.bind(3, row.getColumn(2).getInt() == 0 ? 0 : 1);
                            put.bind(4, row.getColumn(3).getInt64());
                            put.bind(5, row.getColumn(4).getBlob(), row.getColumn(4).getBytes());
                        });
            });
    }

    void copy_deliveries() {
        from_.read_table(
            "SELECT id, webhook, state, attempts, due, last_status, last_error, history "
            "FROM delivery WHERE id >= ? ORDER BY id",
            [&](SQLite::Statement& row) {
                const auto webhook = row.getColumn(1).getString();
                const int state = row.getColumn(2).getInt();
                if (webhook.empty() || (state != row_pending && state != row_dead)) {
                    return;
                }
                keys_.insert(webhook);
                to_.put(insert_delivery, [&](SQLite::Statement& put) {
                    put.bind(1, row.getColumn(0).getInt64());
                    put.bind(2, webhook);
                    put.bind(3, state);
                    const auto attempts = row.getColumn(3).getInt64();
                    put.bind(4, attempts < 0 || attempts > max_attempts ? 0 : attempts);
                    put.bind(5, row.getColumn(4).getInt64());
                    put.bind(6, row.getColumn(5).getInt64());
                    put.bind(7, row.getColumn(6).getString());
                    put.bind(8, row.getColumn(7).getString());
                });
            });
    }

    /// The index still knows which deliveries are pending if a page of the table is lost. It is
    /// read from both ends, as far as possible.
    void copy_lost_deliveries() {
        for (const auto& webhook : keys_) {
            for (const auto* order : {"", " ORDER BY due DESC, id DESC"}) {
                const auto sql = std::string{"SELECT id, due FROM delivery INDEXED BY "
                                             "delivery_pending WHERE state = 0 AND webhook = ?"} +
                                 order;
                from_.read_rows(sql, webhook, [&](SQLite::Statement& row) {
                    to_.put(insert_delivery, [&](SQLite::Statement& put) {
                        put.bind(1, row.getColumn(0).getInt64());
                        put.bind(2, webhook);
                        put.bind(3, row_pending);
                        put.bind(4, 0);
                        put.bind(5, row.getColumn(1).getInt64());
                        put.bind(6, 0);
                        put.bind(7, "");
                        put.bind(8, "");
                    });
                });
            }
        }
    }

    void copy_cooldowns() {
        from_.read_rows("SELECT webhook, value, until FROM cooldown", "",
                        [&](SQLite::Statement& row) {
                            to_.put("INSERT OR IGNORE INTO cooldown(webhook, value, until) "
                                    "VALUES(?, ?, ?)",
                                    [&](SQLite::Statement& put) {
                                        put.bind(1, row.getColumn(0).getString());
                                        put.bind(2, row.getColumn(1).getString());
                                        put.bind(3, row.getColumn(2).getInt64());
                                    });
                        });
    }

    /// One flipped bit must not move the queue's clock by years, nor a retry, nor the next id.
    /// Times are bound by the anchor, or without one by the newest event.
    void set_bounds() {
        const auto now = std::to_string(
            anchor_time_ ? *anchor_time_
                         : std::clamp<std::int64_t>(
                               to_.number("SELECT coalesce((SELECT accepted_at FROM event ORDER BY "
                                          "id DESC LIMIT 1), 0)"),
                               0, max_queue_time));
        to_.execute("UPDATE event SET accepted_at = " + now +
                    " WHERE accepted_at NOT BETWEEN 0 AND " + now);
        const auto due = now + " + " + std::to_string(hour);
        to_.execute("UPDATE delivery SET due = " + due + " WHERE due > " + due);
        const auto until = now + " + " + std::to_string(day);
        to_.execute("UPDATE cooldown SET until = " + until + " WHERE until > " + until);
        to_.execute("DELETE FROM event WHERE NOT EXISTS(SELECT 1 FROM delivery WHERE "
                    "delivery.id BETWEEN event.id * 65536 AND event.id * 65536 + 65535)");
    }

    /// Remembers the anchor's time, too.
    bool is_plausible_anchor(const std::string& text) {
        const auto anchor = parse_anchor(text);
        if (!anchor || anchor->queue > max_queue_time || anchor->next_event < 0 ||
            anchor->next_event > max_event) {
            return false;
        }
        anchor_time_ = anchor->queue;
        return true;
    }

    // Only if the event exists.
    static constexpr const char* insert_delivery =
        "INSERT OR IGNORE INTO delivery(id, webhook, state, attempts, due, last_status, "
        "last_error, history) "
        "SELECT ?1, ?2, ?3, ?4, max(?5, 0), ?6, ?7, ?8 WHERE EXISTS(SELECT 1 FROM event WHERE id = "
        "?1 / 65536)";

    const Progress& progress_;
    DamagedDatabase from_;
    NewDatabase to_;
    std::set<std::string> keys_;
    std::optional<std::int64_t> anchor_time_;
    bool saw_events_ = false;
};

/// Puts the new database's first page into the copy of the damaged file: it says where the tables
/// are, and they begin at the same pages in both. Returns false if the file is too small for that.
bool replace_first_page(const std::string& damaged, const std::string& copy, Connection& fresh,
                        const Progress& progress) {
    std::error_code error;
    if (fs::file_size(damaged, error) <= page_bytes || error) {
        return false;
    }
    if (damaged != copy) {
        if (auto copied = common::copy_database(damaged, copy,
                                                [&] {
                                                    if (progress) {
                                                        progress("copying the damaged file");
                                                    }
                                                });
            !copied) {
            throw CannotWrite{copied.error().message};
        }
    }
    fresh.handle().exec("PRAGMA wal_checkpoint(TRUNCATE)");
    std::string page(page_bytes, '\0');
    std::ifstream{fresh.path(), std::ios::binary}.read(page.data(), page_bytes);
    const auto pages = static_cast<std::uint32_t>(fs::file_size(copy, error) / page_bytes);
    for (std::size_t i = 0; i < 4; ++i) {
        // The size of the database in pages, big-endian.
        page[28 + i] = static_cast<char>(pages >> (24 - 8 * i));
    }
    std::fstream file{copy, std::ios::binary | std::ios::in | std::ios::out};
    file.write(page.data(), page_bytes);
    file.close();
    if (!file) {
        throw CannotWrite{"cannot write " + copy};
    }
    return true;
}

/// False if it is no database, or no event is where it should be.
bool try_salvage(const std::string& path, Connection& fresh, const Progress& progress) {
    bool found = false;
    try {
        Salvage salvage{path, fresh, progress};
        salvage.run();
        found = salvage.saw_events();
    } catch (const SQLite::Exception&) {
        // Not a database at all.
    }
    fresh.reset_statements();
    return found;
}

SalvageCounts count_all(Connection& fresh) {
    const auto count = [&](const char* table) {
        return static_cast<std::size_t>(
            fresh.handle().execAndGet(std::string{"SELECT count(*) FROM "} + table).getInt64());
    };
    return {count("webhook"), count("event"), count("delivery")};
}

} // namespace

Result<SalvageCounts> salvage_rows(const std::string& damaged, const std::string& copy,
                                   Connection& fresh, const Progress& progress) {
    try {
        if (!try_salvage(damaged, fresh, progress) &&
            replace_first_page(damaged, copy, fresh, progress)) {
            try_salvage(copy, fresh, progress);
        }
        return count_all(fresh);
    } catch (const std::exception& error) {
        fresh.reset_statements();
        return common::fail(common::Fault::full, error.what());
    }
}

} // namespace agent
