// A database with some hundred events, and files to start on.
#pragma once

#include "test/support/storage_fixture.hpp"

#include <SQLiteCpp/Statement.h>

namespace test {

inline constexpr std::size_t page = 4096;
inline constexpr std::size_t wal_header = 32;
inline constexpr std::size_t frame = 24 + page; // in a WAL
inline constexpr int events = 300;

class SalvageTest : public Storage {
  protected:
    /// A database with some hundred events for two webhooks, all in the main file.
    std::string make_database() {
        auto& run = start();
        run.execute(
            R"(INSERT INTO webhook VALUES(0, '1', '{"id":1}'), (1, '2', '{"id":2}'); INSERT INTO meta VALUES('list_fetched', '1'))");
        for (int i = 0; i < events; ++i) {
            run.take({event(std::to_string(i), {"1", "2"},
                            R"({"text":")" + std::string(500, 'x') + "\"}")});
        }
        run.died(run.offered[0]);
        run.failed(run.offered[1], run.queue.queue_time() + 5'000, 7);
        run.pass();
        run.move_out();
        stop();
        return contents(config.queue.path);
    }
    /// Replaces the database by `bytes` and starts.
    OneRun& start_on(const std::string& bytes) {
        stop(); // otherwise it would write into the new file
        write(config.queue.path, bytes);
        return start();
    }
    std::vector<std::string> set_aside() { return agent::quarantined_files(config.queue.path); }
    void expect_serving(OneRun& run) {
        EXPECT_TRUE(run.add({event("after", {"1"})}));
        EXPECT_EQ(
            run.number("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"),
            0);
        EXPECT_EQ(run.number("SELECT count(*) FROM delivery WHERE NOT EXISTS(SELECT 1 FROM event "
                             "WHERE event.id = delivery.id / 65536)"),
                  0);
        EXPECT_EQ(run.number("SELECT count(*) FROM event WHERE NOT EXISTS(SELECT 1 FROM delivery "
                             "WHERE event.id = delivery.id / 65536)"),
                  0);
        EXPECT_EQ(run.queue.stats().pending, static_cast<std::uint64_t>(run.number(
                                                 "SELECT count(*) FROM delivery WHERE state = 0")) +
                                                 1)
            << "one is fresh";
    }
    /// Pages of the b-tree `name`.
    std::vector<std::size_t> pages_of(const std::string& name) {
        SQLite::Database look{config.queue.path, SQLite::OPEN_READONLY};
        SQLite::Statement query{
            look, "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path"};
        query.bind(1, name);
        std::vector<std::size_t> pages;
        while (query.executeStep()) {
            pages.push_back(static_cast<std::size_t>(query.getColumn(0).getInt64()));
        }
        return pages;
    }
};

} // namespace test
