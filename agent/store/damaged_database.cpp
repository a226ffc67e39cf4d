#include "agent/store/damaged_database.hpp"

#include "common/sqlite/uri.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <algorithm>
#include <sqlite3.h>

namespace agent {

namespace {

int tell_reading(void* progress) {
    (*static_cast<const Progress*>(progress))("reading");
    return 0;
}

} // namespace

DamagedDatabase::DamagedDatabase(const std::string& path, Progress progress)
    : progress_{std::move(progress)}, handle_{std::make_unique<SQLite::Database>(
                                          common::immutable_uri(path),
                                          SQLite::OPEN_READONLY | SQLite::OPEN_URI)} {
    if (progress_) {
        ::sqlite3_progress_handler(handle_->getHandle(), instructions_per_call, tell_reading,
                                   &progress_);
    }
    // With a writable schema SQLite reads a truncated file as far as it goes.
    handle_->exec("PRAGMA writable_schema = ON; PRAGMA cell_size_check = ON");
    handle_->exec("SELECT count(*) FROM sqlite_schema");
}

DamagedDatabase::~DamagedDatabase() = default;

bool DamagedDatabase::read_rows(const std::string& sql, const std::string& parameter,
                                const RowHandler& each) {
    try {
        SQLite::Statement query{*handle_, sql};
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

bool DamagedDatabase::read_table(const std::string& sql, const RowHandler& each) {
    bool whole = true;
    for (std::int64_t from = INT64_MIN;;) {
        try {
            SQLite::Statement query{*handle_, sql};
            query.bind(1, from);
            while (query.executeStep()) {
                const auto id = query.getColumn(0).getInt64();
                each(query);
                // Ids of a damaged page may go back; the place to go on from must not.
                from = std::max(from, std::min(id, INT64_MAX - 1) + 1);
            }
            return whole;
        } catch (const SQLite::Exception&) {
            whole = false;
            const auto next = end_of_gap(sql, std::max<std::int64_t>(from, 0));
            if (!next || *next <= from) {
                return false;
            }
            from = *next;
        }
    }
}

std::optional<std::int64_t> DamagedDatabase::first_at(const std::string& sql, std::int64_t id) {
    try {
        SQLite::Statement query{*handle_, sql + " LIMIT 1"};
        query.bind(1, id);
        return query.executeStep() ? query.getColumn(0).getInt64() : INT64_MAX;
    } catch (const SQLite::Exception&) {
        return std::nullopt;
    }
}

/// The first readable id after a gap that begins at `from`: found by growing strides, then by
/// bisection back to the gap's end.
std::optional<std::int64_t> DamagedDatabase::end_of_gap(const std::string& sql, std::int64_t from) {
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

} // namespace agent
