#include "common/sqlite/wal_file.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sqlite3.h>

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
    [[nodiscard]] std::size_t wal_frames() const { return (fs::file_size(wal()) - 32) / frame; }
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
    common::WalReport report() const { return common::inspect_wal(wal()).value(); }

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

TEST_F(WalFile, WhatCannotBeWrittenIsTold) {
    const auto written = common::write_image(path(), folder + "/no/such/image.db");
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().fault, common::Fault::full);
}

} // namespace
