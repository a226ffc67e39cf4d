#include "agent/store/rescue.hpp"

#include "agent/store/salvage_files.hpp"
#include "common/base/file.hpp"
#include "common/base/log.hpp"
#include "common/base/time.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <filesystem>

namespace agent {

namespace {

using common::Connection;
using common::Fault;
using common::Result;
namespace fs = std::filesystem;

void remove_files(const std::string& path) {
    for (const auto* suffix : {"", "-wal", "-shm", "-journal"}) {
        std::error_code ignored;
        fs::remove(path + suffix, ignored);
    }
}

/// Whatever lies at the path now is not ours, except for side files that were left behind: another
/// database must not meet them.
Result<std::string> set_aside(Connection& connection) {
    const auto& path = connection.path();
    const auto now = path + ".replaced-" + common::file_stamp(std::chrono::system_clock::now());
    auto name = now;
    for (int n = 1; fs::exists(name); ++n) {
        name = now + "-" + std::to_string(n);
    }
    std::string aside;
    for (const auto file : common::database_files) {
        std::error_code error;
        const auto from = path + std::string{file};
        if (!fs::exists(from, error)) {
            continue;
        }
        if (connection.in_place(file)) {
            fs::remove(from, error);
        } else {
            fs::rename(from, name + std::string{file}, error);
            aside = name;
        }
        if (error) {
            return common::fail(Fault::storage,
                                "cannot set " + from + " aside: " + error.message());
        }
    }
    return aside;
}

} // namespace

void require_in_place(Connection& connection) {
    if (!connection.in_place()) {
        throw FilesMoved{"the queue's files " + connection.path() +
                         "* were removed or replaced while the agent runs"};
    }
}

Result<void> put_back(Connection& connection) {
    const auto& path = connection.path();
    connection.reset_statements();
    if (connection.in_place()) {
        return {}; // they were moved back
    }
    if (connection.in_place(common::database_files[0])) {
        connection.handle().exec("PRAGMA wal_checkpoint(TRUNCATE)"); // the WAL has lost its name
        common::log::warn("side files of the queue were removed; nothing is lost",
                          {{"file", path}});
        return {};
    }
    const auto copy = path + "-rescue";
    remove_files(copy);
    connection.handle().exec("PRAGMA query_only = OFF"); // a reader writes the copy, too
    SQLite::Statement write{connection.handle(), "VACUUM INTO ?"};
    write.bind(1, copy);
    write.exec();
    if (auto synced = common::sync_file(copy); !synced) {
        return synced;
    }
    // Under this name it counts: if this is cut off here, the next start puts it in its place.
    const SalvageNames names{path};
    const auto whole = names.done() + free_time(names);
    if (auto renamed = common::rename_file(copy, whole); !renamed) {
        return renamed;
    }
    if (auto synced = common::sync_folder_of(path); !synced) {
        return synced;
    }
    const auto aside = set_aside(connection);
    if (!aside) {
        return common::fail(aside.error());
    }
    if (auto renamed = common::rename_file(whole, path); !renamed) {
        return renamed;
    }
    if (auto synced = common::sync_folder_of(path); !synced) {
        return synced;
    }
    common::log::warn("the queue's file was removed or replaced: wrote everything into a new one; "
                      "stop the agent before you change its files",
                      {{"file", path}, {"found_instead", aside->empty() ? "nothing" : *aside}});
    return {};
}

} // namespace agent
