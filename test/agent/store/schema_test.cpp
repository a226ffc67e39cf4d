#include "agent/store/schema.hpp"

#include "test/support/storage_fixture.hpp"

#include <SQLiteCpp/Statement.h>

namespace test {

namespace {

std::string dump_of_schema(SQLite::Database& handle) {
    std::string text;
    SQLite::Statement rows{handle, "SELECT type || ' ' || name || ': ' || coalesce(sql, '') FROM "
                                   "sqlite_schema ORDER BY type, name"};
    while (rows.executeStep()) {
        text += rows.getColumn(0).getString() + "\n";
    }
    return text;
}

std::unique_ptr<common::Connection> open(const std::string& path) {
    auto connection = common::Connection::open(path, common::Sync::normal);
    if (!connection) {
        throw std::runtime_error{connection.error().message};
    }
    return std::move(*connection);
}

} // namespace

TEST(Schema, IsCreatedOnce) {
    const Folder folder;
    auto connection = open(folder.file("a.db"));
    ASSERT_TRUE(agent::migrate(*connection));
    EXPECT_EQ(connection->handle().execAndGet("PRAGMA user_version").getInt(),
              agent::schema_version());
    EXPECT_EQ(connection->handle().execAndGet("PRAGMA auto_vacuum").getInt(), 2);
    const auto before = dump_of_schema(connection->handle());
    ASSERT_TRUE(agent::migrate(*connection));
    EXPECT_EQ(dump_of_schema(connection->handle()), before);
}

// There is a file for each released version: test/data/schema_vN.sql, the output of `sqlite3
// agent.db .dump`, with rows.
TEST(Schema, FreshEqualsMigrated) {
    const Folder folder;
    auto fresh = open(folder.file("fresh.db"));
    ASSERT_TRUE(agent::migrate(*fresh));
    for (int version = 1; version <= agent::schema_version(); ++version) {
        SCOPED_TRACE(version);
        auto old = open(folder.file("v" + std::to_string(version) + ".db"));
        const auto dump = contents(FFL_TEST_DATA "/schema_v" + std::to_string(version) + ".sql");
        ASSERT_FALSE(dump.empty());
        old->handle().exec(dump);
        ASSERT_EQ(old->handle().execAndGet("PRAGMA user_version").getInt(), version);
        const auto rows = old->handle().execAndGet("SELECT count(*) FROM delivery").getInt();
        ASSERT_GT(rows, 0);
        ASSERT_TRUE(agent::migrate(*old));
        EXPECT_EQ(dump_of_schema(old->handle()), dump_of_schema(fresh->handle()));
        EXPECT_EQ(old->handle().execAndGet("SELECT count(*) FROM delivery").getInt(), rows);
        EXPECT_EQ(old->handle().execAndGet("PRAGMA user_version").getInt(),
                  agent::schema_version());
    }
}

class SchemaTest : public Storage {
  protected:
    OneRun& start_on_version(int version) {
        SQLite::Database{config.queue.path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE}.exec(
            contents(FFL_TEST_DATA "/schema_v" + std::to_string(version) + ".sql"));
        return start();
    }
};

TEST_F(SchemaTest, OpensADatabaseOfVersion1) {
    auto& run = start_on_version(1);
    EXPECT_FALSE(run.opened.salvaged);
    EXPECT_EQ(run.queue.pending("1"), 1U);
    EXPECT_EQ(run.queue.pending("2"), 1U);
    EXPECT_EQ(run.queue.dead("1"), 1U);
    EXPECT_EQ(events_of(run.fresh({"2"}).deliveries),
              (std::vector<std::string>{"4589691150480880065"}));
    const auto rows = run.list();
    ASSERT_EQ(rows.size(), 3U);
    const auto row = run.show(rows[2].id);
    ASSERT_TRUE(row);
    ASSERT_EQ(row->history.size(), 2U);
    EXPECT_EQ(row->history[1].error, "connect: connection refused");
}

TEST_F(SchemaTest, OpensADatabaseOfVersion2) {
    auto& run = start_on_version(2);
    EXPECT_FALSE(run.opened.salvaged);
    EXPECT_EQ(run.queue.pending("1"), 1U);
    EXPECT_EQ(run.queue.pending("2"), 2U);
    EXPECT_EQ(events_of(run.fresh({"2"}).deliveries),
              (std::vector<std::string>{"4589691150480880065", "4589691150480880066"}));
    EXPECT_EQ(run.take({event("4589691150480880066", {"2"})}).duplicates, 1U);
    run.take({event("new", {"2"})});
    EXPECT_EQ(run.offered.back().id, 10 * agent::deliveries_per_event);
}

// Power is cut during the migration, with a queue that is full.
TEST_F(SchemaTest, AMigrationCutOffAtAnyPointLosesNothing) {
    std::string before;
    {
        SQLite::Database old{config.queue.path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
        old.exec(contents(FFL_TEST_DATA "/schema_v1.sql"));
        old.exec("WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 2099) "
                 "INSERT INTO event SELECT i, 'e' || i, 1, 1240000, '{}' FROM n; "
                 "INSERT INTO delivery SELECT id * 65536, '2', 0, 0, 0, 0, '', '' FROM event "
                 "WHERE id >= 100; PRAGMA journal_mode = WAL");
        before = contents(config.queue.path);
    }
    std::string database, log;
    {
        auto connection = open(config.queue.path);
        ASSERT_TRUE(agent::migrate(*connection));
        database = contents(config.queue.path);
        log = contents(config.queue.path + "-wal");
    }
    ASSERT_TRUE(database == before) << "the migration is in the WAL";
    constexpr std::size_t sector = 512;
    for (std::size_t kept = 0; kept <= log.size(); kept += sector) {
        SCOPED_TRACE(kept);
        stop();
        for (const auto& entry : std::filesystem::directory_iterator{folder.path()}) {
            std::filesystem::remove(entry.path());
        }
        write(config.queue.path, database);
        write(config.queue.path + "-wal", log.substr(0, kept));
        auto& run = start();
        EXPECT_EQ(run.queue.pending("2"), 2'001U);
        EXPECT_EQ(run.number("PRAGMA user_version"), 2);
        EXPECT_TRUE(run.add({event("after", {"1"})}));
    }
}

TEST(Schema, RefusesANewerVersionAndLeavesItAlone) {
    const Folder folder;
    const auto path = folder.file("agent.db");
    {
        auto connection = open(path);
        ASSERT_TRUE(agent::migrate(*connection));
        connection->handle().exec("PRAGMA user_version = " +
                                  std::to_string(agent::schema_version() + 1));
    }
    const auto before = contents(path);
    common::asio::io_context loop;
    common::Database database{loop.get_executor(), loop.get_executor()};
    const auto opened = agent::open_database(database, path, common::Sync::full);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().fault, Fault::config);
    EXPECT_NE(opened.error().message.find(path), std::string::npos);
    EXPECT_FALSE(database.is_open());
    EXPECT_TRUE(contents(path) == before);
    EXPECT_TRUE(agent::quarantined_files(path).empty());
}

TEST(Schema, AFailedMigrationLeavesNothing) {
    const Folder folder;
    auto connection = open(folder.file("a.db"));
    connection->handle().exec(
        "CREATE TABLE event(something_else)"); // makes the first migration fail
    const auto before = dump_of_schema(connection->handle());
    const auto migrated = agent::migrate(*connection);
    ASSERT_FALSE(migrated);
    EXPECT_EQ(migrated.error().fault, Fault::storage);
    EXPECT_EQ(dump_of_schema(connection->handle()), before);
    EXPECT_EQ(connection->handle().execAndGet("PRAGMA user_version").getInt(), 0);
}

} // namespace test
