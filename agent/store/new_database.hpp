// NewDatabase: writes rows into the database that replaces a damaged one, some thousand rows per
// transaction. Blocking.
#pragma once

#include "agent/store/progress.hpp"
#include "common/sqlite/database.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

namespace SQLite {
class Statement;
class Transaction;
} // namespace SQLite

namespace agent {

/// The new database could not be written. Not an SQLite::Exception, so that it is never taken for a
/// row that could not be read.
class CannotWrite : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// All of it throws CannotWrite, and leaves out what violates a constraint.
class NewDatabase {
  public:
    NewDatabase(common::Connection& connection, const Progress& progress);
    ~NewDatabase();

    /// `sql` is a literal (Connection::prepared()).
    void put(const char* sql, const std::function<void(SQLite::Statement&)>& bind);
    void execute(const std::string& sql);
    std::int64_t number(const std::string& sql);
    /// Ends the last transaction.
    void commit();

  private:
    void begin();

    common::Connection& connection_;
    const Progress& progress_;
    std::unique_ptr<SQLite::Transaction> transaction_;
    std::size_t rows_ = 0;
};

} // namespace agent
