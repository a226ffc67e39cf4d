#include "agent/store/salvage_rows.hpp"

#include "agent/store/schema.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <sqlite3.h>

namespace agent {

namespace {

using common::Connection;
namespace fs = std::filesystem;

constexpr std::size_t page_bytes = 4096;
constexpr std::size_t rows_per_transaction = 5'000;
constexpr std::uintmax_t max_copied_bytes = std::uintmax_t{256} << 20;

class DamagedDatabase {
  public:
    explicit DamagedDatabase(const std::string& path)
        : handle_{path, SQLite::OPEN_READWRITE, 5'000} {
        // The file and its WAL stay as they are. With a writable schema SQLite reads a truncated
        // file as far as it goes.
        ::sqlite3_db_config(handle_.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
        handle_.exec("PRAGMA writable_schema = ON; PRAGMA cell_size_check = ON");
        handle_.exec("SELECT count(*) FROM sqlite_schema");
    }

    using RowHandler = std::function<void(SQLite::Statement&)>;

    /// Calls `each` for the rows of `sql` up to the first that cannot be read. Returns whether all
    /// could be read.
    bool read_rows(const std::string& sql, const std::string& parameter, const RowHandler& each) {
        try {
            SQLite::Statement query{handle_, sql};
            if (query.getBindParameterCount() > 0) {
                query.bind(1, parameter);
            }
            while (query.executeStep()) {
                each(query);
            }
            return true;
        } catch (const SQLite::Exception&) {
            return false;
        }
    }

    /// The same for a table, where `sql` ends in "WHERE id >= ? ORDER BY id": skips rows that
    /// cannot be read.
    void read_table(const std::string& sql, const RowHandler& each) {
        for (std::int64_t from = INT64_MIN;;) {
            std::int64_t last = from;
            try {
                SQLite::Statement query{handle_, sql};
                query.bind(1, from);
                while (query.executeStep()) {
                    last = query.getColumn(0).getInt64();
                    each(query);
                    from = last + 1;
                }
                return;
            } catch (const SQLite::Exception&) {
                const auto next = end_of_gap(sql, std::max<std::int64_t>(from, 0));
                if (!next || *next < from) {
                    return;
                }
                from = *next;
            }
        }
    }

  private:
    std::optional<std::int64_t> first_at(const std::string& sql, std::int64_t id) {
        try {
            SQLite::Statement query{handle_, sql + " LIMIT 1"};
            query.bind(1, id);
            return query.executeStep() ? query.getColumn(0).getInt64() : INT64_MAX;
        } catch (const SQLite::Exception&) {
            return std::nullopt;
        }
    }

    /// The first readable id after a gap that begins at `from`: found by growing strides, then by
    /// bisection back to the gap's end.
    std::optional<std::int64_t> end_of_gap(const std::string& sql, std::int64_t from) {
        std::int64_t bad = from;
        std::int64_t good = from;
        std::optional<std::int64_t> row;
        for (std::int64_t stride = 1; !row; stride *= 2) {
            if (stride > INT64_MAX / 4 - bad) {
                return std::nullopt;
            }
            good = bad + stride;
            row = first_at(sql, good);
            bad = row ? bad : good;
        }
        while (good - bad > 1) {
            const auto middle = bad + (good - bad) / 2;
            (first_at(sql, middle) ? good : bad) = middle;
        }
        row = first_at(sql, good);
        return row && *row != INT64_MAX ? std::optional{good} : std::nullopt;
    }

    SQLite::Database handle_;
};

/// Writes into the new database, some thousand rows per transaction.
class NewDatabase {
  public:
    explicit NewDatabase(Connection& connection) : connection_{connection} { begin(); }

    /// Returns whether a row was written.
    bool put(const char* sql, const std::function<void(SQLite::Statement&)>& bind) {
        auto& statement = connection_.prepared(sql);
        bind(statement);
        const bool written = statement.exec() > 0;
        if (written && ++rows_ % rows_per_transaction == 0) {
            commit();
            begin();
        }
        return written;
    }
    void commit() {
        transaction_->commit();
        transaction_.reset();
    }
    void begin() {
        transaction_.emplace(connection_.handle(), SQLite::TransactionBehavior::IMMEDIATE);
    }

  private:
    Connection& connection_;
    std::optional<SQLite::Transaction> transaction_;
    std::size_t rows_ = 0;
};

class Salvage {
  public:
    Salvage(const std::string& path, Connection& fresh) : from_{path}, fresh_{fresh}, to_{fresh} {}

    SalvageCounts run() {
        copy_webhooks();
        copy_events();
        copy_deliveries();
        copy_lost_deliveries();
        to_.commit();
        fresh_.handle().exec("DELETE FROM event WHERE NOT EXISTS(SELECT 1 FROM delivery WHERE "
                             "delivery.id BETWEEN event.id * 65536 "
                             "AND event.id * 65536 + 65535)");
        counts_.events = static_cast<std::size_t>(
            fresh_.handle().execAndGet("SELECT count(*) FROM event").getInt64());
        return counts_;
    }

  private:
    void copy_webhooks() {
        const bool whole = from_.read_rows(
            "SELECT position, key, json FROM webhook ORDER BY position", "",
            [&](SQLite::Statement& row) {
                counts_.webhooks +=
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
            if (row.getColumn(0).getString() == "list_fetched" && !whole) {
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
                if (row.getColumn(0).getInt64() <= 0 ||
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
                counts_.deliveries += to_.put(insert_delivery, [&](SQLite::Statement& put) {
                    put.bind(1, row.getColumn(0).getInt64());
                    put.bind(2, webhook);
                    put.bind(3, state);
                    put.bind(4, row.getColumn(3).getInt64());
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
                    counts_.deliveries += to_.put(insert_delivery, [&](SQLite::Statement& put) {
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

    // Only if the event exists.
    static constexpr const char* insert_delivery =
        "INSERT OR IGNORE INTO delivery(id, webhook, state, attempts, due, last_status, "
        "last_error, history) "
        "SELECT ?1, ?2, ?3, ?4, max(?5, 0), ?6, ?7, ?8 WHERE EXISTS(SELECT 1 FROM event WHERE id = "
        "?1 / 65536)";

    DamagedDatabase from_;
    Connection& fresh_;
    NewDatabase to_;
    std::set<std::string> keys_;
    SalvageCounts counts_;
};

/// Makes a copy of the damaged file in which the new database's first page replaces the old one: it
/// says where the tables are, and they begin at the same pages in both. Returns the copy's name;
/// nothing if the file is too small or too large for that.
std::optional<std::string> copy_with_new_first_page(const std::string& damaged, Connection& fresh) {
    std::error_code error;
    const auto bytes = fs::file_size(damaged, error);
    if (error || bytes <= page_bytes || bytes > max_copied_bytes ||
        fs::space(damaged, error).available < 3 * bytes) {
        return std::nullopt;
    }
    fresh.handle().exec("PRAGMA wal_checkpoint(TRUNCATE)");
    std::string page(page_bytes, '\0');
    std::ifstream{fresh.path(), std::ios::binary}.read(page.data(), page_bytes);
    const auto pages = static_cast<std::uint32_t>(bytes / page_bytes);
    for (std::size_t i = 0; i < 4; ++i) {
        // The size of the database in pages, big-endian.
        page[28 + i] = static_cast<char>(pages >> (24 - 8 * i));
    }
    const auto copy = damaged + ".reading";
    fs::copy_file(damaged, copy, fs::copy_options::overwrite_existing, error);
    std::fstream file{copy, std::ios::binary | std::ios::in | std::ios::out};
    file.write(page.data(), page_bytes);
    file.close();
    return error || !file ? std::nullopt : std::optional{copy};
}

std::optional<SalvageCounts> try_salvage(const std::string& path, Connection& fresh) {
    try {
        return Salvage{path, fresh}.run();
    } catch (const std::exception&) {
        // Not a database at all, or the disk is full. Rows already committed stay.
        fresh.reset_statements();
        return std::nullopt;
    }
}

} // namespace

SalvageCounts salvage_rows(const std::string& damaged, Connection& fresh) {
    auto counts = try_salvage(damaged, fresh);
    if (!counts) {
        const auto copy = copy_with_new_first_page(damaged, fresh);
        counts = copy ? try_salvage(*copy, fresh) : std::nullopt;
        std::error_code ignored;
        for (const auto* suffix : {"", "-wal", "-shm"}) {
            fs::remove(damaged + ".reading" + suffix, ignored);
        }
    }
    return counts.value_or(SalvageCounts{});
}

} // namespace agent
