#include "agent/store/definition_rows.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>

namespace agent {

StoredDefinitions read_definitions(common::Connection& connection) {
    StoredDefinitions stored;
    auto& fetched = connection.prepared("SELECT 1 FROM meta WHERE key = 'list_fetched'");
    stored.fetched = fetched.executeStep();
    fetched.reset();
    auto& rows = connection.prepared("SELECT key, json FROM webhook ORDER BY position");
    while (rows.executeStep()) {
        stored.list.push_back({rows.getColumn(0).getString(), rows.getColumn(1).getString()});
    }
    return stored;
}

void write_definitions(common::Connection& connection, const std::vector<Definition>& list) {
    SQLite::Transaction transaction{connection.handle(), SQLite::TransactionBehavior::IMMEDIATE};
    connection.prepared("DELETE FROM webhook").exec();
    for (std::size_t position = 0; position < list.size(); ++position) {
        auto& put = connection.prepared("INSERT INTO webhook(position, key, json) VALUES(?, ?, ?)");
        put.bind(1, static_cast<std::int64_t>(position));
        put.bind(2, list[position].key);
        put.bind(3, list[position].json);
        put.exec();
    }
    connection.prepared("INSERT OR REPLACE INTO meta(key, value) VALUES('list_fetched', '1')")
        .exec();
    transaction.commit();
}

} // namespace agent
