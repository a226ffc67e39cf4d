#include "common/sqlite/wal_file.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <sqlite3.h>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

constexpr std::size_t frame = 24 + 4096;

/// A database of 50 rows, one transaction each, that all stand in the log alone.
struct WalFile : ::testing::Test {
    void SetUp() override {
        std::string name = fs::temp_directory_path() / "ffl-wal-XXXXXX";
        folder = ::mkdtemp(name.data());
        const auto live = folder + "/live.db";
        SQLite::Database handle{live, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
        handle.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0");
        handle.exec("CREATE TABLE row(id INTEGER PRIMARY KEY, text TEXT)");
        handle.exec("PRAGMA wal_checkpoint(TRUNCATE)");
        for (int i = 1; i <= 50; ++i) {
            handle.exec("INSERT INTO row VALUES(" + std::to_string(i) + ", '" +
                        std::string(1500, 'x') + "')");
        }
        // As a crash leaves them: copied while the connection is open.
        fs::copy_file(live, path());
        fs::copy_file(live + "-wal", wal());
    }
    void TearDown() override { fs::remove_all(folder); }

    [[nodiscard]] std::string path() const { return folder + "/a.db"; }
    [[nodiscard]] std::string wal() const { return path() + "-wal"; }
    [[nodiscard]] std::size_t wal_bytes() const {
        return static_cast<std::size_t>(fs::file_size(wal()));
    }
    [[nodiscard]] std::size_t wal_frames() const { return (wal_bytes() - 32) / frame; }
    void overwrite(std::size_t at, const std::string& bytes) const {
        std::fstream file{wal(), std::ios::binary | std::ios::in | std::ios::out};
        file.seekp(static_cast<std::streamoff>(at));
        file << bytes;
    }
    /// Rows that can be read from the image, without any log beside it.
    [[nodiscard]] int rows_of_image() const {
        const auto image = folder + "/image.db";
        const auto written = common::write_image(path(), image);
        EXPECT_TRUE(written) << (written ? "" : written.error().message);
        int rows = 0;
        try {
            SQLite::Database handle{image, SQLite::OPEN_READWRITE};
            SQLite::Statement query{handle, "SELECT id FROM row"};
            while (query.executeStep()) {
                ++rows;
            }
        } catch (const SQLite::Exception&) {
            // What could be read until then counts.
        }
        return rows;
    }
    common::WalReport report(const std::string& boot_id = {}) const {
        return common::inspect_wal(wal(), boot_id).value();
    }
    void fill(std::size_t frame_number, char filler = '\xAA') const {
        overwrite(32 + frame_number * frame + 24 + 100, std::string(64, filler));
    }
    /// Frames that end a transaction.
    [[nodiscard]] std::vector<std::size_t> ends() const {
        std::ifstream file{wal(), std::ios::binary};
        const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
        std::vector<std::size_t> found;
        for (std::size_t i = 0; i < wal_frames(); ++i) {
            if (bytes.substr(32 + i * frame + 4, 4) != std::string(4, '\0')) {
                found.push_back(i);
            }
        }
        return found;
    }

    std::string folder;
};

TEST_F(WalFile, IsWholeAsACrashLeavesIt) {
    EXPECT_EQ(report().damage, std::nullopt);
    EXPECT_EQ(report().frames, wal_frames());
    EXPECT_EQ(report().committed, wal_frames());
    EXPECT_EQ(rows_of_image(), 50);
}

TEST_F(WalFile, IsNothingWhenAbsentEmptyOrZeros) {
    fs::resize_file(wal(), 0);
    EXPECT_EQ(report().frames, 0U);
    fs::resize_file(wal(), 32 + 3 * frame); // zeros
    EXPECT_EQ(report().frames, 0U);
    EXPECT_EQ(report().damage, std::nullopt);
    fs::remove(wal());
    EXPECT_EQ(report().frames, 0U);
    EXPECT_FALSE(report().has_transactions());
}

TEST_F(WalFile, IsReadWithoutItsDatabase) {
    fs::resize_file(path(), 0);
    EXPECT_TRUE(report().has_transactions());
    // The table's root page stands in the log; only the first page is missing.
    EXPECT_GT(fs::file_size(wal()), 0U);
}

TEST_F(WalFile, IsDamagedWhenItsHeaderIs) {
    overwrite(16, "saltsalt");
    EXPECT_EQ(report().damage, "the header of its WAL is damaged");
    EXPECT_EQ(report().faulty, 0U);
    EXPECT_EQ(rows_of_image(), 50);
}

TEST_F(WalFile, IsReadWhateverIsWrongAtItsFront) {
    struct Case {
        std::size_t at;
        std::string bytes;
        int rows; // at least, read in order up to the first page that is lost
    };
    const auto zeros = [](std::size_t size) { return std::string(size, '\0'); };
    const std::vector<Case> cases{
        {3, "\x83", 50}, // the other byte order
        {8, {"\0\0\2\0", 4}, 50},
        {8, {"\0\0\4\0", 4}, 50},
        {8, {"\0\0\x20\0", 4}, 50},
        {8, {"\0\1\0\0", 4}, 50},
        {8, {"\0\0\x10\1", 4}, 50},
        {0, zeros(4096), 40},
        {0, zeros(65'536), 0},
        {0, zeros((wal_bytes() - 32) / 2), 0},
        {0, std::string(65'536, '\xff'), 0},
    };
    for (const auto& [at, bytes, rows] : cases) {
        SCOPED_TRACE(std::to_string(at) + ", " + std::to_string(bytes.size()) + " bytes");
        TearDown();
        SetUp();
        overwrite(at, bytes);
        EXPECT_TRUE(report().has_transactions());
        EXPECT_EQ(report().damage, "the header of its WAL is damaged");
        EXPECT_GE(rows_of_image(), rows);
    }
}

TEST_F(WalFile, IsDamagedWhenTheEndOfATransactionBeforeTheLastIs) {
    const auto ends = this->ends();
    ASSERT_GT(ends.size(), 40U);
    fill(ends[ends.size() - 2]);
    EXPECT_TRUE(report().damage);
    EXPECT_GE(rows_of_image(), 48);

    TearDown();
    SetUp();
    fill(ends[ends.size() - 2]); // and the last two together
    fill(ends.back());
    EXPECT_TRUE(report().damage);
    EXPECT_LT(report().committed, wal_frames()) << "of the last nothing is believed";
}

TEST_F(WalFile, IsDamagedWhenBytesAreMissingInIt) {
    std::ifstream file{wal(), std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
    for (const std::size_t missing : {std::size_t{1}, std::size_t{512}, frame - 1}) {
        SCOPED_TRACE(missing);
        auto shifted = bytes;
        shifted.erase(32 + wal_frames() / 2 * frame + 100, missing);
        fs::resize_file(wal(), 0);
        overwrite(0, shifted);
        EXPECT_EQ(report().damage, "bytes are missing in its WAL");
        EXPECT_GE(rows_of_image(), 20);
        fs::resize_file(wal(), 0);
        overwrite(0, bytes);
    }
    EXPECT_EQ(report().damage, std::nullopt);
}

TEST_F(WalFile, ATornTransactionIsDamageIfThereWasNoPowerCut) {
    fill(ends().back());
    EXPECT_EQ(report().damage, std::nullopt);
    EXPECT_EQ(report("another boot").damage, std::nullopt);
    EXPECT_TRUE(report("another boot").torn);
    EXPECT_TRUE(report("xxxxxxxx").damage) << "what pages of this boot have";
}

TEST_F(WalFile, IsNotDamagedByWhatAKilledOrFailedCommitLeaves) {
    const auto size = wal_bytes();
    std::ifstream file{wal(), std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
    const auto last = bytes.substr(32 + ends().back() * frame, frame);
    for (const auto& rest : {last.substr(0, 24), last.substr(0, 2'000), last.substr(0, 8)}) {
        overwrite(size, rest);
        EXPECT_EQ(report("xxxxxxxx").damage, std::nullopt) << "killed while it wrote a frame";
        EXPECT_EQ(report("xxxxxxxx").committed, wal_frames());
        fs::resize_file(wal(), size);
    }
    auto begun = last;
    begun.replace(4, 4, std::string(4, '\0'));
    overwrite(size, begun + begun + begun);
    EXPECT_EQ(report("xxxxxxxx").damage, std::nullopt) << "a longer one that failed before";
}

TEST_F(WalFile, IsDamagedWhenAFrameBeforeOtherTransactionsIs) {
    for (const auto hit : {0UL, 10UL, 24UL, 2'000UL}) { // page number, salt, bytes of the page
        SCOPED_TRACE(hit);
        TearDown();
        SetUp();
        overwrite(32 + wal_frames() / 2 * frame + hit, std::string(16, '\xAA'));
        ASSERT_TRUE(report().damage);
        EXPECT_NE(report().damage->find("of its WAL is damaged"), std::string::npos);

        EXPECT_LE(report().faulty, 1U);
        EXPECT_GT(rows_of_image(), 40);
    }
}

TEST_F(WalFile, IsNotDamagedWhereOnlyItsLastTransactionIsTorn) {
    overwrite(32 + (wal_frames() - 1) * frame + 100, "torn");
    EXPECT_EQ(report().damage, std::nullopt);
    EXPECT_LT(report().committed, wal_frames());
    fs::resize_file(wal(), fs::file_size(wal()) - 1'000);
    EXPECT_EQ(report().damage, std::nullopt);
}

TEST_F(WalFile, IsTornWhereTheSaltOfItsLastFrameIsWrongWhateverFollows) {
    for (const std::size_t behind : {0UL, 3UL, 24UL, 2'000UL}) { // of a frame that was begun
        SCOPED_TRACE(behind);
        TearDown();
        SetUp();
        const auto size = wal_bytes();
        overwrite(size - frame + 10, "\xAA");
        overwrite(size, std::string(behind, '\x01'));
        EXPECT_TRUE(report().torn) << "SQLite passes over what was once complete";
        EXPECT_TRUE(report("xxxxxxxx").damage);
    }
}

TEST_F(WalFile, OldFramesBehindARestartAreNotRead) {
    {
        SQLite::Database handle{path(), SQLite::OPEN_READWRITE};
        // Leaves the log as it is when this connection closes.
        ::sqlite3_db_config(handle.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
        handle.exec("PRAGMA wal_checkpoint(RESTART)");
        handle.exec("DELETE FROM row WHERE id > 40");
    }
    const auto now = report();
    EXPECT_EQ(now.damage, std::nullopt);
    EXPECT_LT(now.frames, wal_frames());
    EXPECT_EQ(rows_of_image(), 40);
}

// The process was killed after it had written the header of the last frame, and the file was as
// long as that before.
TEST_F(WalFile, IsWholeWhereTheLastPageIsStillThatOfTheLogBefore) {
    const auto page_of_last = [this] {
        std::string page(4096, '\0');
        std::ifstream file{wal(), std::ios::binary};
        file.seekg(-static_cast<std::streamoff>(page.size()), std::ios::end);
        file.read(page.data(), static_cast<std::streamsize>(page.size()));
        return page;
    };
    std::string before;
    {
        SQLite::Database handle{path(), SQLite::OPEN_READWRITE};
        ::sqlite3_db_config(handle.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
        handle.exec("PRAGMA wal_checkpoint(TRUNCATE)");
        for (const std::string text : {"older", "newer"}) {
            for (const std::string row : {"10", "20"}) {
                handle.exec("UPDATE row SET text = '" + text + "' || text WHERE id = " + row);
            }
            before = text == "older" ? page_of_last() : before;
            handle.exec(text == "older" ? "PRAGMA wal_checkpoint(RESTART)" : "SELECT 1");
        }
    }
    ASSERT_EQ(wal_frames(), 2U);
    ASSERT_NE(page_of_last(), before);
    const auto page_at = wal_bytes() - before.size();
    overwrite(page_at, before);
    EXPECT_EQ(report("newer").damage, std::nullopt);
    EXPECT_EQ(report("newer").torn, std::nullopt);
    overwrite(page_at + 100, "what never stood there");
    EXPECT_TRUE(report("newer").damage);
    overwrite(page_at, std::string(before.size(), '\0'));
    EXPECT_TRUE(report("newer").damage);
}

// The header of a frame may lie in two sectors, of which a power cut keeps one.
TEST_F(WalFile, IsWholeWhereATornFrameStandsBeforeThoseOfTheLogBefore) {
    std::map<std::string, std::string> logs;
    {
        SQLite::Database handle{path(), SQLite::OPEN_READWRITE};
        ::sqlite3_db_config(handle.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
        handle.exec("PRAGMA wal_checkpoint(TRUNCATE)");
        for (const std::string text : {"older", "newer"}) {
            for (const std::string row : {"10", "20", "30", "10", "20"}) {
                handle.exec("UPDATE row SET text = '" + text + "' || text WHERE id = " + row);
            }
            std::ifstream file{wal(), std::ios::binary};
            logs[text] = {std::istreambuf_iterator<char>{file}, {}};
            handle.exec(text == "older" ? "PRAGMA wal_checkpoint(RESTART)" : "SELECT 1");
        }
    }
    ASSERT_EQ(wal_frames(), 5U);
    ASSERT_EQ(logs["older"].size(), logs["newer"].size());
    const auto copy = [&](const std::string& from, std::size_t at, std::size_t size) {
        overwrite(at, logs[from].substr(at, size));
    };
    const auto frame_at = [](std::size_t number) { return 32 + number * frame; };
    copy("older", frame_at(1), 24); // the header of the second, its page is new
    copy("older", frame_at(2), 8);  // all but salt and checksum of the third
    copy("older", frame_at(2) + 24, 4096);
    copy("older", frame_at(3), 2 * frame);
    EXPECT_EQ(report().damage, std::nullopt);
    EXPECT_EQ(report().committed, 1U);
}

TEST_F(WalFile, WhatCannotBeWrittenIsTold) {
    const auto written = common::write_image(path(), folder + "/no/such/image.db");
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().fault, common::Fault::full);
}

} // namespace
