#include "common/sqlite/database.hpp"

#include "test/support/test_clock.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <boost/asio/thread_pool.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <thread>
#include <unistd.h>

namespace test {

using common::Connection;
using common::Database;
using common::Fault;
using common::Sync;
namespace fs = std::filesystem;

class DatabaseTest : public ::testing::Test {
  protected:
    DatabaseTest() {
        std::string name = fs::temp_directory_path() / "ffl-database-XXXXXX";
        folder = ::mkdtemp(name.data());
        path = folder + "/a.db";
    }
    ~DatabaseTest() override {
        database.close();
        fs::permissions(folder, fs::perms::owner_all);
        fs::remove_all(folder);
    }
    std::int64_t number(Connection& connection, const std::string& sql) {
        return connection.handle().execAndGet(sql).getInt64();
    }
    /// Runs `work` on the database and returns its result.
    template <class Work> auto job(Work work) { return run(loop, database.run(std::move(work))); }

    std::string folder, path;
    common::asio::io_context loop;
    Database database{loop.get_executor(), loop.get_executor()};
};

TEST_F(DatabaseTest, OpensAsTheQueueNeedsIt) {
    for (const auto sync : {Sync::full, Sync::normal}) {
        auto opened = Connection::open(path, sync);
        ASSERT_TRUE(opened) << opened.error().message;
        auto& connection = **opened;
        EXPECT_EQ(connection.handle().execAndGet("PRAGMA journal_mode").getString(), "wal");
        EXPECT_EQ(number(connection, "PRAGMA synchronous"), sync == Sync::full ? 2 : 1);
        EXPECT_EQ(number(connection, "PRAGMA auto_vacuum"), 2);
        EXPECT_EQ(number(connection, "PRAGMA busy_timeout"), 5'000);
        connection.handle().exec("CREATE TABLE IF NOT EXISTS t(x)");
    }
}

TEST_F(DatabaseTest, SaysWhyItCannotOpen) {
    const auto error_of = [](const std::string& where) {
        const auto opened = Connection::open(where, Sync::full);
        EXPECT_FALSE(opened);
        return opened ? common::Error{} : opened.error();
    };
    auto error = error_of(folder);
    EXPECT_EQ(error.fault, Fault::storage);
    EXPECT_NE(error.message.find(folder), std::string::npos);
    EXPECT_NE(error.message.find("expected a file"), std::string::npos);
    error = error_of(folder + "/none/a.db");
    EXPECT_NE(error.message.find("there is no folder " + folder + "/none"), std::string::npos)
        << error.message;
    std::ofstream{path} << std::string(5'000, 'x');
    error = error_of(path);
    EXPECT_NE(error.message.find("not a database"), std::string::npos) << error.message;
    if (::geteuid() != 0) {
        fs::permissions(path, fs::perms::owner_read);
        EXPECT_NE(error_of(path).message.find("cannot read and write it"), std::string::npos);
        fs::remove(path);
        fs::permissions(folder, fs::perms::owner_read | fs::perms::owner_exec);
        EXPECT_NE(error_of(path).message.find("cannot write to its folder"), std::string::npos);
    }
}

TEST_F(DatabaseTest, RunsJobsInOrderAndBringsResultsBack) {
    ASSERT_TRUE(database.open(path, Sync::normal));
    ASSERT_TRUE(job([](Connection& c) { c.handle().exec("CREATE TABLE t(x)"); }));
    std::vector<std::int64_t> order;
    for (int i = 0; i < 5; ++i) {
        auto work = [i](Connection& c) {
            c.handle().exec("INSERT INTO t VALUES(" + std::to_string(i) + ")");
            return c.handle().execAndGet("SELECT count(*) FROM t").getInt64();
        };
        common::asio::co_spawn(loop, database.run(std::move(work)),
                               [&](auto, auto result) { order.push_back(result.value()); });
    }
    loop.restart();
    loop.run();
    EXPECT_EQ(order, (std::vector<std::int64_t>{1, 2, 3, 4, 5}));
}

TEST_F(DatabaseTest, AnExceptionIsAnError) {
    ASSERT_TRUE(database.open(path, Sync::normal));
    const auto sql = job([](Connection& c) { return c.handle().exec("NONSENSE"); });
    ASSERT_FALSE(sql);
    EXPECT_EQ(sql.error().fault, Fault::storage);
    EXPECT_NE(sql.error().message.find("NONSENSE"), std::string::npos);
    const auto other = job([](Connection&) -> int { throw std::runtime_error{"of ours"}; });
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().message, "of ours");
}

TEST_F(DatabaseTest, CleansUpAfterAnUnfinishedJob) {
    ASSERT_TRUE(database.open(path, Sync::normal));
    ASSERT_TRUE(job([](Connection& c) {
        c.handle().exec("CREATE TABLE t(x); INSERT INTO t VALUES(1), (2)");
        c.handle().exec("BEGIN IMMEDIATE; INSERT INTO t VALUES(3)");
        c.prepared("SELECT x FROM t").executeStep();
    }));
    // Another connection can write, and the unfinished transaction is gone.
    SQLite::Database other{path, SQLite::OPEN_READWRITE};
    EXPECT_EQ(other.execAndGet("SELECT count(*) FROM t").getInt(), 2);
    other.exec("INSERT INTO t VALUES(4)");
    SQLite::Statement checkpoint{other, "PRAGMA wal_checkpoint(TRUNCATE)"};
    ASSERT_TRUE(checkpoint.executeStep());
    EXPECT_EQ(checkpoint.getColumn(0).getInt(), 0) << "no reader keeps the WAL";
}

TEST_F(DatabaseTest, PreparedStatementsComeBackClean) {
    auto opened = Connection::open(path, Sync::normal);
    ASSERT_TRUE(opened);
    constexpr auto sql = "SELECT ?1, ?2";
    auto& first = (*opened)->prepared(sql);
    first.bind(1, 5);
    first.bind(2, "x");
    ASSERT_TRUE(first.executeStep());
    auto& second = (*opened)->prepared(sql);
    EXPECT_EQ(&first, &second);
    ASSERT_TRUE(second.executeStep());
    EXPECT_TRUE(second.getColumn(0).isNull());
    EXPECT_TRUE(second.getColumn(1).isNull());
}

TEST_F(DatabaseTest, AClosedDatabaseSaysSo) {
    EXPECT_FALSE(database.is_open());
    const auto result = job([](Connection&) { return 1; });
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().fault, Fault::storage);
    EXPECT_FALSE(database.run_now([](Connection&) {}));
}

TEST_F(DatabaseTest, ExchangesItsConnectionOnceThereIsAnother) {
    ASSERT_TRUE(database.open(path, Sync::full));
    ASSERT_TRUE(
        job([](Connection& c) { c.handle().exec("CREATE TABLE t(x); INSERT INTO t VALUES(1)"); }));
    auto beside = [](Database& itself) {
        auto other = Connection::open(itself.path(), Sync::normal);
        if (other) {
            itself.exchange(std::move(*other));
        }
        return other.has_value();
    };
    EXPECT_TRUE(run(loop, database.maintain(beside)));
    EXPECT_EQ(job([](Connection& c) {
                  return c.handle().execAndGet("SELECT count(*) FROM t").getInt();
              }).value(),
              1);
    EXPECT_EQ(job([](Connection& c) {
                  return c.handle().execAndGet("PRAGMA synchronous").getInt();
              }).value(),
              1);
}

TEST_F(DatabaseTest, AFileThatGaveWayToALinkIsNotInPlace) {
    auto opened = Connection::open(path, Sync::full);
    ASSERT_TRUE(opened) << opened.error().message;
    auto& connection = **opened;
    connection.handle().exec("CREATE TABLE t(x)");
    EXPECT_TRUE(connection.in_place());
    fs::rename(path, folder + "/moved.db");
    EXPECT_FALSE(connection.in_place());
    fs::create_symlink("moved.db", path);
    EXPECT_FALSE(connection.in_place()) << "the WAL is now looked for beside moved.db";
    fs::remove(path);
    fs::rename(folder + "/moved.db", path);
    EXPECT_TRUE(connection.in_place());
}

TEST_F(DatabaseTest, ReadsWithoutAnIndexOfTheWal) {
    ASSERT_TRUE(database.open(path, Sync::normal));
    ASSERT_TRUE(
        job([](Connection& c) { c.handle().exec("CREATE TABLE t(x); INSERT INTO t VALUES(1)"); }));
    // After a power cut, on a disk that is read-only by now: no index, and none can be created.
    const auto odd = folder + "/a?b#c%20d &=.db";
    fs::copy_file(path, odd);
    fs::copy_file(path + "-wal", odd + "-wal");
    fs::create_symlink("nowhere", odd + "-shm");
    EXPECT_FALSE(Connection::open(odd, Sync::normal));
    EXPECT_FALSE(Connection::open_read_only(odd));
    auto unlocked = Connection::open_unlocked(odd);
    ASSERT_TRUE(unlocked) << unlocked.error().message;
    EXPECT_EQ(number(**unlocked, "SELECT count(*) FROM t"), 1) << "it is in the WAL";
    EXPECT_TRUE((*unlocked)->is_reader());
    EXPECT_FALSE(database.connection()->is_reader());
    EXPECT_THROW((*unlocked)->handle().exec("INSERT INTO t VALUES(2)"), std::exception);
    EXPECT_FALSE(Connection::open_unlocked(folder + "/none.db"));
    EXPECT_FALSE(fs::exists(folder + "/none.db"));
}

TEST_F(DatabaseTest, ReadingLeavesNoTrace) {
    ASSERT_TRUE(database.open(path, Sync::normal));
    ASSERT_TRUE(
        job([](Connection& c) { c.handle().exec("CREATE TABLE t(x); INSERT INTO t VALUES(1)"); }));
    {
        auto running = Connection::open_read_only(path); // while the service runs
        ASSERT_TRUE(running) << running.error().message;
        EXPECT_EQ(number(**running, "SELECT count(*) FROM t"), 1);
        EXPECT_THROW((*running)->handle().exec("INSERT INTO t VALUES(2)"), std::exception);
    }
    // After a crash: the data is in the WAL.
    fs::copy_file(path, folder + "/crashed.db");
    fs::copy_file(path + "-wal", folder + "/crashed.db-wal");
    database.close();
    {
        auto crashed = Connection::open_read_only(folder + "/crashed.db");
        ASSERT_TRUE(crashed) << crashed.error().message;
        EXPECT_EQ(number(**crashed, "SELECT count(*) FROM t"), 1);
    }
    fs::remove(folder + "/crashed.db");
    fs::remove(folder + "/crashed.db-wal");
    fs::remove(folder + "/crashed.db-shm");
    // After a stop, also in a folder that is read-only; the name has characters with a meaning in a
    // URI.
    const auto odd = folder + "/a?b#c%20d \xc3\xa9&=.db";
    fs::rename(path, odd);
    fs::permissions(folder, fs::perms::owner_read | fs::perms::owner_exec);
    {
        auto stopped = Connection::open_read_only(odd);
        ASSERT_TRUE(stopped) << stopped.error().message;
        EXPECT_EQ(number(**stopped, "SELECT count(*) FROM t"), 1);
        EXPECT_THROW((*stopped)->handle().exec("INSERT INTO t VALUES(2)"), std::exception);
    }
    EXPECT_EQ(std::distance(fs::directory_iterator{folder}, fs::directory_iterator{}), 1);
    const auto none = Connection::open_read_only(folder + "/none.db");
    ASSERT_FALSE(none);
    EXPECT_NE(none.error().message.find("no such file"), std::string::npos);
    EXPECT_FALSE(fs::exists(folder + "/none.db"));
}

TEST_F(DatabaseTest, WorksOnAThreadOfItsOwn) {
    common::asio::thread_pool thread{1};
    Database apart{loop.get_executor(), thread.get_executor()};
    ASSERT_TRUE(apart.open(path, Sync::normal));
    const auto here = std::this_thread::get_id();
    auto work = [](Connection& c) {
        c.handle().exec("CREATE TABLE IF NOT EXISTS t(x)");
        return std::this_thread::get_id();
    };
    std::thread::id worked;
    std::thread::id came_back;
    int left = 2;
    auto keep = common::asio::make_work_guard(loop);
    common::asio::co_spawn(loop, apart.run(work), [&](auto, auto result) {
        worked = result.value();
        came_back = std::this_thread::get_id();
        --left ? void() : keep.reset();
    });
    auto look = [](Database& itself) {
        return itself.is_open() ? std::this_thread::get_id() : std::thread::id{};
    };
    common::asio::co_spawn(loop, apart.maintain(look), [&](auto, auto on) {
        EXPECT_NE(on, here);
        --left ? void() : keep.reset();
    });
    loop.run();
    EXPECT_NE(worked, here);
    EXPECT_EQ(came_back, here);
    apart.close();
}

} // namespace test
