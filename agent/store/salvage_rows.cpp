#include "agent/store/salvage_rows.hpp"

#include "agent/store/damaged_database.hpp"
#include "agent/store/first_page.hpp"
#include "agent/store/fresh_events.hpp"
#include "agent/store/leaf_pages.hpp"
#include "agent/store/new_database.hpp"
#include "agent/store/queue_time.hpp"
#include "agent/store/schema.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace agent {

namespace {

using common::Connection;
using common::Result;

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
        : path_{path}, progress_{progress}, from_{path, progress}, to_{fresh, progress} {}

    void run() {
        step("copying webhooks");
        copy_webhooks();
        step("copying events");
        copy_events();
        step("copying deliveries");
        copy_deliveries();
        step("copying deliveries that only the index knows");
        copy_lost_deliveries();
        copy_lost_dead_letters();
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
        const bool whole = from_.read_table(
            "SELECT id, event_id, given, accepted_at, body FROM event WHERE id >= ? ORDER BY id",
            [&](SQLite::Statement& row) {
                saw_events_ = true;
                put_event({row.getColumn(0).getInt64(), row.getColumn(1).getString(),
                           row.getColumn(2).getInt() != 0, row.getColumn(3).getInt64(),
                           row.getColumn(4).getString()});
            });
        const bool whole_fresh = copy_fresh_events();
        if (!whole || !whole_fresh) {
            // An event whose deliveries are gone goes again at the end.
            read_event_pages(path_, progress_, [&](const StoredEvent& row) {
                put_event(row);
                put_fresh_deliveries(row.id, row.webhooks);
            });
        }
    }

    /// They end among the others.
    bool copy_fresh_events() {
        return from_.read_table(
            "SELECT id, event_id, given, accepted_at, body, webhooks FROM fresh_event "
            "WHERE id >= ? ORDER BY id",
            [&](SQLite::Statement& row) {
                saw_events_ = true;
                const auto id = row.getColumn(0).getInt64();
                put_event({id, row.getColumn(1).getString(), row.getColumn(2).getInt() != 0,
                           row.getColumn(3).getInt64(), row.getColumn(4).getString()});
                put_fresh_deliveries(id, row.getColumn(5).getString());
            });
    }

    void put_fresh_deliveries(std::int64_t event, const std::string& webhooks) {
        for (const auto& one : parse_fresh(event, webhooks)) {
            if (!one.webhook.empty()) {
                keys_.insert(one.webhook);
                put_lost(one.id, one.webhook, row_pending, 0);
            }
        }
    }

    void put_event(const StoredEvent& event) {
        // Bytes that are not JSON are not the event that was accepted.
        if (event.id < 1 || event.id > max_event || !nlohmann::json::accept(event.body)) {
            return;
        }
        to_.put("INSERT OR IGNORE INTO event(id, event_id, given, accepted_at, body) "
                "VALUES(?, ?, ?, ?, ?)",
                [&](SQLite::Statement& put) {
                    put.bind(1, event.id);
                    put.bind(2, event.event_id);
                    put.bind(3, event.given ? 1 : 0);
                    put.bind(4, event.accepted_at);
                    put.bind(5, event.body.data(), static_cast<int>(event.body.size()));
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
        for (const auto* order : {"", " ORDER BY webhook DESC"}) {
            from_.read_rows(std::string{"SELECT DISTINCT webhook FROM delivery INDEXED BY "
                                        "delivery_pending WHERE state = 0"} +
                                order,
                            "", [&](SQLite::Statement& row) {
                                if (auto key = row.getColumn(0).getString(); !key.empty()) {
                                    keys_.insert(std::move(key));
                                }
                            });
        }
        for (const auto& webhook : keys_) {
            for (const auto* order : {"", " ORDER BY due DESC, id DESC"}) {
                const auto sql = std::string{"SELECT id, due FROM delivery INDEXED BY "
                                             "delivery_pending WHERE state = 0 AND webhook = ?"} +
                                 order;
                from_.read_rows(sql, webhook, [&](SQLite::Statement& row) {
                    put_lost(row.getColumn(0).getInt64(), webhook, row_pending,
                             row.getColumn(1).getInt64());
                });
            }
        }
    }

    void copy_lost_dead_letters() {
        for (const auto* order : {"", " ORDER BY id DESC"}) {
            from_.read_rows(std::string{"SELECT id, webhook, due FROM delivery INDEXED BY "
                                        "delivery_dead WHERE state = 1"} +
                                order,
                            "", [&](SQLite::Statement& row) {
                                const auto webhook = row.getColumn(1).getString();
                                if (!webhook.empty()) {
                                    put_lost(row.getColumn(0).getInt64(), webhook, row_dead,
                                             row.getColumn(2).getInt64());
                                }
                            });
        }
    }

    /// What an index knows of a delivery.
    void put_lost(std::int64_t id, const std::string& webhook, int state, std::int64_t due) {
        to_.put(insert_lost_delivery, [&](SQLite::Statement& put) {
            put.bind(1, id);
            put.bind(2, webhook);
            put.bind(3, state);
            put.bind(4, 0);
            put.bind(5, due);
            put.bind(6, 0);
            put.bind(7, "");
            put.bind(8, "");
        });
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
    // And only if the webhook gets the event once: an index may be what is damaged.
    static constexpr const char* insert_lost_delivery =
        "INSERT OR IGNORE INTO delivery(id, webhook, state, attempts, due, last_status, "
        "last_error, history) "
        "SELECT ?1, ?2, ?3, ?4, max(?5, 0), ?6, ?7, ?8 WHERE EXISTS(SELECT 1 FROM event WHERE id = "
        "?1 / 65536) AND NOT EXISTS(SELECT 1 FROM delivery NOT INDEXED WHERE id BETWEEN ?1 / 65536 "
        "* 65536 AND ?1 / 65536 * 65536 + 65535 AND webhook = ?2)";

    const std::string& path_;
    const Progress& progress_;
    DamagedDatabase from_;
    NewDatabase to_;
    std::set<std::string> keys_;
    std::optional<std::int64_t> anchor_time_;
    bool saw_events_ = false;
};

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
        const bool plain = first_page_fits(damaged);
        bool found = plain && try_salvage(damaged, fresh, progress);
        if (!found && replace_first_page(damaged, copy, fresh, progress)) {
            found = try_salvage(copy, fresh, progress);
        }
        if (!found && !plain && damaged != copy) {
            try_salvage(damaged, fresh, progress); // as little as its header may say
        }
        return count_all(fresh);
    } catch (const std::exception& error) {
        fresh.reset_statements();
        return common::fail(common::Fault::full, error.what());
    }
}

} // namespace agent
