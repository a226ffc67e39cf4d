#include "agent/store/new_database.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <sqlite3.h>

namespace agent {

namespace {

constexpr std::size_t rows_per_transaction = 5'000;
constexpr std::size_t rows_per_call = 1'000; // of progress

template <class Work> void write(const Work& work) {
    try {
        work();
    } catch (const SQLite::Exception& error) {
        switch (error.getErrorCode() & 0xff) {
        case SQLITE_CONSTRAINT:
        case SQLITE_MISMATCH:
        case SQLITE_TOOBIG:
            break; // what was read is no such row
        default:
            throw CannotWrite{error.what()};
        }
    }
}

} // namespace

NewDatabase::NewDatabase(common::Connection& connection, const Progress& progress)
    : connection_{connection}, progress_{progress} {
    begin();
}

NewDatabase::~NewDatabase() = default;

void NewDatabase::put(const char* sql, const std::function<void(SQLite::Statement&)>& bind) {
    write([&] {
        auto& statement = connection_.prepared(sql);
        bind(statement);
        statement.exec();
    });
    if (++rows_ % rows_per_transaction == 0) {
        commit();
        begin();
    }
    if (progress_ && rows_ % rows_per_call == 0) {
        progress_("copying rows");
    }
}

void NewDatabase::execute(const std::string& sql) {
    write([&] { connection_.handle().exec(sql); });
}

std::int64_t NewDatabase::number(const std::string& sql) {
    std::int64_t found = 0;
    write([&] { found = connection_.handle().execAndGet(sql).getInt64(); });
    return found;
}

void NewDatabase::commit() {
    write([&] { transaction_->commit(); });
    transaction_.reset();
}

void NewDatabase::begin() {
    write([&] {
        transaction_ = std::make_unique<SQLite::Transaction>(
            connection_.handle(), SQLite::TransactionBehavior::IMMEDIATE);
    });
}

} // namespace agent
