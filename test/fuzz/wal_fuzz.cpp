// A write-ahead log with one damage yields only what was written, and one that is said to be sound
// is read whole by SQLite. The bytes are the damage to a log of ten transactions.

#include "common/sqlite/wal_file.hpp"
#include "test/fuzz/damage.hpp"
#include "test/fuzz/target.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

namespace {

namespace fs = std::filesystem;
using fuzz::require;

constexpr std::size_t header_bytes = 32;
constexpr std::size_t frame_bytes = 24 + 512; // small pages, so that a run is quick

using Rows = std::map<int, std::string>;

std::string text_of(int id) {
    return std::string(200, static_cast<char>('a' + id));
}

class Folder {
  public:
    Folder() {
        auto name = (fs::temp_directory_path() / "ffl-fuzz-XXXXXX").string();
        require(::mkdtemp(name.data()) != nullptr, "a folder can be made");
        path_ = name;
        const auto live = file("live.db");
        SQLite::Database handle{live, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
        handle.exec(
            "PRAGMA page_size = 512; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; "
            "CREATE TABLE row(id INTEGER PRIMARY KEY, text TEXT); "
            "PRAGMA wal_checkpoint(TRUNCATE)");
        for (int i = 1; i <= 10; ++i) {
            handle.exec("INSERT INTO row VALUES(" + std::to_string(i) + ", '" +
                        std::string(200, static_cast<char>('a' + i)) + "')");
        }
        // As a crash leaves them: read while the connection is open.
        database = contents(live);
        log = contents(live + "-wal");
    }
    ~Folder() { fs::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
    void write(const std::string& name, const std::string& bytes) const {
        std::ofstream{file(name), std::ios::binary} << bytes;
    }
    static std::string contents(const std::string& path) {
        std::ifstream from{path, std::ios::binary};
        return {std::istreambuf_iterator<char>{from}, {}};
    }

    std::string database, log;

  private:
    std::string path_;
};

/// The rows that SQLite reads until it comes to something damaged.
Rows rows_of(const std::string& path) {
    Rows rows;
    try {
        SQLite::Database handle{path, SQLite::OPEN_READWRITE};
        handle.exec("PRAGMA locking_mode = EXCLUSIVE"); // without a file of shared memory
        SQLite::Statement query{handle, "SELECT id, text FROM row"};
        while (query.executeStep()) {
            rows[query.getColumn(0).getInt()] = query.getColumn(1).getString();
        }
    } catch (const SQLite::Exception&) {
        // What could be read until then counts.
    }
    return rows;
}

bool were_written(const Rows& rows) {
    return std::ranges::all_of(rows,
                               [](const auto& row) { return row.second == text_of(row.first); });
}

void read(std::string_view bytes) {
    static const Folder folder;
    auto log = folder.log;
    // Behind a faulty frame a checksum has nothing to go on from: such a frame is believed when the
    // next one goes on from it, for dropping it would lose what is most likely sound. So its own
    // page may be wrong where there is more than one damage.
    const bool one_damage = fuzz::damage(log, bytes, frame_bytes, header_bytes).size() <= 1;
    folder.write("a.db", folder.database);
    folder.write("a.db-wal", log);

    const auto report = common::inspect_wal(folder.file("a.db-wal"));
    require(report.has_value(), "a log can be read");
    require(report->frames <= log.size() / 512 && report->committed <= report->frames &&
                report->faulty <= report->frames,
            "no frame is counted that is not there");
    require(common::write_image(folder.file("a.db"), folder.file("image.db")).has_value(),
            "an image can be written");
    require(fs::file_size(folder.file("image.db")) <= folder.database.size() + folder.log.size(),
            "of pages that were written");

    const auto image = rows_of(folder.file("image.db"));
    const auto sqlite = rows_of(folder.file("a.db"));
    require(were_written(sqlite), "what SQLite reads was written");
    require(!one_damage || were_written(image), "what is read was written");
    require(report->damage || report->torn || image == sqlite,
            "where nothing is damaged SQLite loses nothing");
}

const fuzz::Registered registered{{"wal", read}};

} // namespace
