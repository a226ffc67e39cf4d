// DamagedDatabase: reads rows from a damaged file as far as they can be read. Blocking. Never
// writes: neither the file nor anything beside it; a WAL beside it is not read.
#pragma once

#include "agent/store/progress.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace SQLite {
class Database;
class Statement;
} // namespace SQLite

namespace agent {

class DamagedDatabase {
  public:
    /// Throws SQLite::Exception when not even its list of tables can be read.
    DamagedDatabase(const std::string& path, Progress progress);
    ~DamagedDatabase();
    DamagedDatabase(const DamagedDatabase&) = delete;
    DamagedDatabase& operator=(const DamagedDatabase&) = delete;

    /// What it throws is passed on, unless it is an SQLite::Exception: that is one of the row.
    using RowHandler = std::function<void(SQLite::Statement&)>;

    /// Calls `each` for the rows of `sql` up to the first that cannot be read. Returns whether all
    /// could be read.
    bool read_rows(const std::string& sql, const std::string& parameter, const RowHandler& each);

    /// The same for a table, where `sql` ends in "WHERE id >= ? ORDER BY id": skips rows that
    /// cannot be read, and returns whether there were none.
    bool read_table(const std::string& sql, const RowHandler& each);

  private:
    std::optional<std::int64_t> first_at(const std::string& sql, std::int64_t id);
    std::optional<std::int64_t> end_of_gap(const std::string& sql, std::int64_t from);

    Progress progress_;
    std::unique_ptr<SQLite::Database> handle_;
};

} // namespace agent
