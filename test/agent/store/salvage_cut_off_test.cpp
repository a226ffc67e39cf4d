// A salvage that is cut off goes on at the next start, wherever it was; and what is wrong with the
// WAL, or with the database beside it, is damage too.
#include "test/agent/store/salvage_fixture.hpp"
#include "test/support/storage_fixture.hpp"

#include <csignal>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace test {

class SalvageCutOffTest : public Storage {
  protected:
    [[nodiscard]] std::string path() const { return config.queue.path; }
    [[nodiscard]] std::string wal() const { return path() + "-wal"; }

    /// As a crash leaves it: 200 events in the file, 50 in the WAL alone.
    void make_database(int in_file = 200) {
        auto& run = start();
        run.execute("INSERT INTO webhook VALUES(0, '1', '{\"id\":1}'); "
                    "INSERT INTO meta VALUES('list_fetched', '1')");
        for (int i = 0; i < in_file; ++i) {
            take(run, i);
        }
        run.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        for (int i = 0; i < in_wal; ++i) {
            take(run, in_file + i);
        }
        database_ = contents(path());
        log_ = contents(wal());
        stop();
        clear();
    }
    static void take(OneRun& run, int i) {
        run.take({event(std::to_string(i), {"1"}, "\"" + std::string(500, 'x') + "\"")});
    }
    void clear() {
        for (const auto& entry : std::filesystem::directory_iterator{folder.path()}) {
            std::filesystem::remove(entry.path());
        }
    }
    void lay_down(const std::string& database, const std::string& log) {
        clear();
        write(path(), database);
        write(wal(), log);
    }
    [[nodiscard]] std::vector<std::string> files() const {
        std::vector<std::string> found;
        for (const auto& entry : std::filesystem::directory_iterator{folder.path()}) {
            found.push_back(entry.path().filename().string());
        }
        return found;
    }
    void expect_no_leftovers() const {
        for (const auto& file : files()) {
            EXPECT_EQ(file.find("salvage"), std::string::npos) << file;
            EXPECT_EQ(file.find("reading"), std::string::npos) << file;
        }
    }
    /// Where in the WAL the frames begin that end a transaction.
    [[nodiscard]] std::vector<std::size_t> ends_of_transactions() const {
        std::vector<std::size_t> found;
        for (auto at = wal_header; at + frame <= log_.size(); at += frame) {
            if (log_.compare(at + 4, 4, std::string(4, '\0')) != 0) {
                found.push_back(at);
            }
        }
        return found;
    }
    /// Opens in a process of its own, which is killed at the `kill_at`-th sign of progress. Returns
    /// whether it came that far.
    bool open_and_die(int kill_at) {
        const auto child = ::fork();
        if (child == 0) {
            int count = 0;
            common::Database database{loop.get_executor(), loop.get_executor()};
            (void)agent::open_database(database, path(), common::Sync::normal,
                                       [&](std::string_view) {
                                           if (count++ == kill_at) {
                                               ::_exit(9);
                                           }
                                       });
            ::_exit(0);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        EXPECT_TRUE(WIFEXITED(status));
        return WEXITSTATUS(status) == 9;
    }
    /// The steps that an undisturbed salvage tells of.
    std::vector<std::string> steps() {
        std::vector<std::string> told;
        common::Database database{loop.get_executor(), loop.get_executor()};
        const auto opened =
            agent::open_database(database, path(), common::Sync::normal,
                                 [&](std::string_view step) { told.emplace_back(step); });
        EXPECT_TRUE(opened && opened->salvaged);
        database.close();
        return told;
    }

    static constexpr int in_wal = 50;
    std::string database_, log_;
};

// Fault: the process or the board dies during a salvage | the next start goes on with it
TEST_F(SalvageCutOffTest, GoesOnFromEveryStep) {
    make_database();
    auto bad_log = log_;
    bad_log.replace(wal_header + 40 * frame, frame, std::string(frame, '\xee'));
    auto bad_database = database_;
    bad_database.replace(bad_database.size() / 2 / page * page, page, std::string(page, '\xee'));
    struct Case {
        const char* what;
        std::string database, log;
    };
    for (const auto& [what, database, log] :
         {Case{"a page of the file", bad_database, ""}, Case{"a frame", database_, bad_log},
          Case{"both", bad_database, bad_log}}) {
        SCOPED_TRACE(what);
        lay_down(database, log);
        const auto told = steps();
        auto& whole = start();
        const auto pending = whole.queue.pending("1");
        stop();
        EXPECT_GT(pending, 180U);
        for (const auto* step : {"begun", "new database created", "rows carried over", "committed",
                                 "set aside database", "new database in its place"}) {
            EXPECT_TRUE(std::ranges::count(told, step)) << step;
        }
        for (std::size_t i = 0; i < told.size(); ++i) {
            SCOPED_TRACE(told[i]);
            lay_down(database, log);
            ASSERT_TRUE(open_and_die(static_cast<int>(i)));
            open_and_die(static_cast<int>(i / 2)); // and once more on the way
            auto& next = start();
            EXPECT_EQ(next.queue.pending("1"), pending);
            EXPECT_EQ(next.events(), static_cast<int>(pending));
            EXPECT_EQ(agent::quarantined_files(path()).size(), 1U);
            stop();
            expect_no_leftovers();
            EXPECT_TRUE(contents(agent::quarantined_files(path()).at(0)) == database);
        }
    }
}

// Fault: damaged files | nothing readable is lost
TEST_F(SalvageCutOffTest, DamageBesideTheFileLosesNothingReadable) {
    make_database(0);
    const auto frames = (log_.size() - wal_header) / frame;
    ASSERT_GT(frames, 60U);
    const auto with = [&](std::size_t at, const std::string& bytes) {
        auto log = log_;
        return log.replace(at, bytes.size(), bytes);
    };
    const auto middle = wal_header + frames / 2 * frame;
    const auto ends = ends_of_transactions();
    struct Case {
        const char* what;
        std::optional<std::string> database;
        std::string log;
        int least = in_wal;
    };
    const std::string x8(8, '\x5b');
    const std::vector<Case> cases{
        {"the file is empty", "", log_},
        {"the file is gone", std::nullopt, log_},
        {"one byte", "S", log_},
        {"99 bytes", database_.substr(0, 99), log_},
        {"100 bytes", database_.substr(0, 100), log_},
        {"half a page", database_.substr(0, page / 2), log_},
        {"one page", database_.substr(0, page), log_},
        {"the file is zeros", std::string(database_.size(), '\0'), log_},
        {"the file is text", std::string(database_.size(), 't'), log_},
        {"WAL: magic", database_, with(0, "abcd")},
        {"WAL: magic is zeros", database_, with(0, std::string(4, '\0'))},
        {"WAL: version", database_, with(4, "abcd")},
        {"WAL: page size", database_, with(8, "abcd")},
        {"WAL: another page size", database_, with(8, {"\0\0\x20\0", 4})},
        {"WAL: another byte order", database_, with(3, "\x83")},
        {"WAL: first block is zeros", database_, with(0, std::string(4096, '\0')), in_wal - 2},
        {"WAL: first half is zeros", database_, with(0, std::string(log_.size() / 2, '\0')), 1},
        {"WAL: zeros", database_, std::string(log_.size(), '\0'), 0},
        {"WAL: salt", database_, with(16, x8)},
        {"WAL: checksum", database_, with(24, x8)},
        {"WAL: header is zeros", database_, with(0, std::string(wal_header, '\0'))},
        {"WAL: header is 0xff", database_, with(0, std::string(wal_header, '\xff'))},
        {"first frame's salt", database_, with(wal_header + 8, x8)},
        {"first frame's checksum", database_, with(wal_header + 16, x8)},
        {"a frame's salt", database_, with(middle + 8, x8)},
        {"a frame's checksum", database_, with(middle + 16, x8)},
        {"a frame's page number", database_, with(middle, "abcd"), in_wal - 2},
        {"a frame's first byte", database_, with(middle + 24, "\x5b"), in_wal / 2},
        {"a frame", database_, with(middle, std::string(frame, '\x5b')), in_wal / 2},
        {"the last transaction but one ends badly", database_,
         with(ends[ends.size() - 2] + 1'000, x8), in_wal - 2},
        {"the last two end badly", database_,
         with(ends[ends.size() - 2] + 1'000, x8).replace(ends.back() + 1'000, 8, x8), in_wal - 4},
        {"two frames", database_, with(middle, std::string(2 * frame, '\x5b')), in_wal / 2},
        {"no file and the salt", std::nullopt, with(16, x8)},
        {"no file and a frame's salt", std::nullopt, with(middle + 8, x8)},
    };
    for (const auto& [what, database, log, least] : cases) {
        SCOPED_TRACE(what);
        lay_down(database.value_or(""), log);
        if (!database) {
            std::filesystem::remove(path());
        }
        auto& run = start();
        EXPECT_GE(run.queue.pending("1"), static_cast<std::uint64_t>(least));
        EXPECT_TRUE(run.opened.salvaged);
        EXPECT_EQ(run.opened.quarantined.size(), 1U);
        EXPECT_EQ(run.events(), static_cast<std::int64_t>(run.queue.pending("1")));
        EXPECT_TRUE(run.add({event("after", {"1"})}));
        stop();
        expect_no_leftovers();
    }
}

TEST_F(SalvageCutOffTest, ATornTransactionIsDamageInTheSameBoot) {
    const auto boot = common::SystemClock{loop.get_executor()}.boot_id();
    for (const auto& [written_in, in_file] :
         {std::pair{boot, 0}, std::pair{boot, 20}, std::pair{std::string{"boot-1"}, 0}}) {
        SCOPED_TRACE(written_in + ", " + std::to_string(in_file));
        clear();
        clock.set_boot_id(written_in);
        make_database(in_file);
        auto log = log_;
        const auto at = ends_of_transactions().back() - frame + 1'000;
        log.replace(at, 64, std::string(64, '\x5b'));
        lay_down(database_, log);
        auto& run = start();
        EXPECT_EQ(run.opened.salvaged, written_in == boot);
        EXPECT_GE(run.queue.pending("1"), static_cast<std::uint64_t>(in_file + in_wal - 1));
        stop();
    }
}

TEST_F(SalvageCutOffTest, AFullDiskIsNotTakenForUnreadableRows) {
    make_database();
    auto bad = database_;
    bad.replace(bad.size() / 2 / page * page, page, std::string(page, '\xee'));
    struct ::rlimit before {};
    ::getrlimit(RLIMIT_FSIZE, &before);
    ::signal(SIGXFSZ, SIG_IGN);
    for (const auto& log : {std::string{}, log_}) {
        // From what SQLite needs to open a file at all (the index of a WAL).
        for (::rlim_t limit = 10 * page; limit < bad.size(); limit += 3 * page + 100) {
            SCOPED_TRACE(limit);
            lay_down(bad, log);
            common::Database database{loop.get_executor(), loop.get_executor()};
            struct ::rlimit small {
                limit, before.rlim_max
            };
            ::setrlimit(RLIMIT_FSIZE, &small);
            const auto opened = agent::open_database(database, path(), common::Sync::full);
            ::setrlimit(RLIMIT_FSIZE, &before);
            if (opened) {
                EXPECT_GT(limit, bad.size() / 2);
                database.close();
                continue;
            }
            EXPECT_EQ(opened.error().fault, Fault::full) << opened.error().message;
            EXPECT_TRUE(contents(path()) == bad);
            EXPECT_TRUE(contents(wal()) == log);
            EXPECT_TRUE(agent::quarantined_files(path()).empty());
            expect_no_leftovers();
        }
    }
    EXPECT_GT(start().queue.pending("1"), 180U);
}

TEST_F(SalvageCutOffTest, WhatCannotBeTrueIsNotBelieved) {
    make_database();
    lay_down(database_, log_);
    std::int64_t now = 0;
    {
        SQLite::Database file{path(), SQLite::OPEN_READWRITE};
        now = file.execAndGet("SELECT value ->> 'queue' FROM meta WHERE key = 'queue_time'")
                  .getInt64();
        file.exec(
            "INSERT INTO event SELECT id, event_id, given, accepted_at, body FROM fresh_event; "
            "INSERT INTO delivery SELECT id * 65536, '1', 0, 0, 0, 0, '', '' FROM fresh_event; "
            "DELETE FROM fresh_event WHERE id <> 14; "
            "DELETE FROM event WHERE id = 14; DELETE FROM delivery WHERE id = 14 * 65536; "
            "UPDATE fresh_event SET accepted_at = 9000000000000000000; "
            "INSERT INTO fresh_event VALUES(70368744177666, 'far', 1, 5, '{}', '[\"1\"]'), "
            "(100001, 'gone', 1, 5, '{}', '[null]'), (100002, 'odd', 1, 5, '{}', 'x'); "
            "UPDATE event SET accepted_at = 9000000000000000000 WHERE id = 10; "
            "UPDATE event SET accepted_at = -5 WHERE id = 11; "
            "UPDATE delivery SET due = 9000000000000000000, attempts = -1 WHERE id = 12 * 65536; "
            "UPDATE delivery SET attempts = 5000000000 WHERE id = 13 * 65536; "
            "INSERT INTO event VALUES(70368744177665, 'big', 1, 5, '{}'); "
            "INSERT INTO delivery VALUES(70368744177665 * 65536, '1', 0, 0, 0, 0, '', ''); "
            "INSERT INTO event VALUES(100000, 'alone', 1, 5, '{}'); "
            "INSERT INTO cooldown VALUES('1', 'a', 9000000000000000000), ('1', 'b', 7); "
            "PRAGMA user_version = 0");
    }
    auto& run = start();
    EXPECT_TRUE(run.opened.salvaged);
    EXPECT_EQ(run.queue.pending("1"), 250U);
    EXPECT_EQ(run.number("SELECT max(id) < 1000 FROM event"), 1);
    EXPECT_EQ(run.number("SELECT accepted_at FROM event WHERE id = 10"), now);
    EXPECT_EQ(run.number("SELECT accepted_at FROM event WHERE id = 11"), now);
    EXPECT_EQ(run.number("SELECT accepted_at FROM event WHERE id = 14"), now);
    EXPECT_EQ(run.number("SELECT due FROM delivery WHERE id = 12 * 65536"), now + 3'600'000);
    EXPECT_EQ(run.number("SELECT max(attempts) + min(attempts) FROM delivery"), 0);
    EXPECT_EQ(run.number("SELECT until FROM cooldown WHERE value = 'a'"), now + 86'400'000);
    EXPECT_EQ(run.number("SELECT until FROM cooldown WHERE value = 'b'"), 7);
}

TEST_F(SalvageCutOffTest, AnAnchorThatCannotBeTrueIsDropped) {
    make_database();
    for (const auto* set : {"json_set(value, '$.queue', 9000000000000000)",
                            "json_set(value, '$.next_event', 9000000000000000000)",
                            "json_set(value, '$.next_event', -1)"}) {
        SCOPED_TRACE(set);
        lay_down(database_, log_);
        SQLite::Database{path(), SQLite::OPEN_READWRITE}.exec(
            std::string{"UPDATE meta SET value = "} + set +
            " WHERE key = 'queue_time'; PRAGMA user_version = 0");
        auto& run = start();
        EXPECT_TRUE(run.opened.salvaged);
        EXPECT_EQ(run.queue.pending("1"), 250U);
        EXPECT_LT(run.queue.queue_time(), std::int64_t{1'600'000'000'000});
        EXPECT_TRUE(run.add({event("after", {"1"})}));
        EXPECT_LT(run.offered.at(0).id / 65536, 1000);
    }
}

} // namespace test
