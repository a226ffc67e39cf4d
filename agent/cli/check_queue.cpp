#include "agent/cli/check_queue.hpp"

#include "agent/cli/check_disk.hpp"
#include "agent/store/definition_rows.hpp"
#include "agent/store/queue_lock.hpp"
#include "agent/store/schema.hpp"
#include "common/base/file.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace agent {

namespace {

namespace fs = std::filesystem;

/// The files that the service opens for writing beside the database, where they exist already.
void check_side_files(Report& report, const std::string& path) {
    for (const auto* end : {"", "-wal", "-shm", "-lock"}) {
        const auto file = path + end;
        std::error_code absent;
        const auto kind = fs::symlink_status(file, absent).type();
        if (kind == fs::file_type::not_found || kind == fs::file_type::none) {
            continue;
        }
        if (kind != fs::file_type::regular) {
            report.fail("[queue] path: " + file + " is not a regular file",
                        *end == '\0' ? "use the name of a file" : "remove it");
        } else if (::access(file.c_str(), R_OK | W_OK) != 0) {
            const std::string why = std::strerror(errno);
            report.denied("[queue] path: " + file + " cannot be written: " + why,
                          "give it to the service's user: chown ffl-agent: " + file);
        }
    }
}

/// The database itself, if it exists already.
void check_database(Report& report, const std::string& path) {
    std::error_code error;
    if (!fs::is_regular_file(path, error) || ::access(path.c_str(), R_OK) != 0) {
        return;
    }
    auto database = common::Connection::open_read_only(path);
    if (!database) {
        report.warn("[queue] path: " + database.error().message,
                    "on start, the service sets a damaged database aside and recovers what it can");
    } else if (const auto known = check_version(**database); !known) {
        report.fail("[queue] path: " + known.error().message,
                    "follow the instruction in the message",
                    known.error().fault == common::Fault::config ? exit_code::bad_config
                                                                 : exit_code::check_failed);
    } else {
        report.ok("[queue] path " + path + " can be read");
    }
}

/// Faces and plates lie in it.
void check_modes(Report& report, const std::string& path) {
    const auto folder = fs::absolute(path).parent_path();
    struct stat there {};
    if (::stat(folder.c_str(), &there) == 0 && (there.st_mode & S_IRWXO) != 0 &&
        (there.st_mode & S_ISVTX) == 0) {
        report.warn("[queue] path: every user can enter " + folder.string(),
                    "chmod 750 " + folder.string());
    }
    struct stat file {};
    if (::stat(path.c_str(), &file) == 0 && (file.st_mode & 0137) != 0) {
        report.warn("[queue] path: " + path + " can be used by more than its owner and group",
                    "the service takes these permissions away when it starts; or chmod 640 " +
                        path);
    }
}

/// One agent per queue.
void check_lock(Report& report, const Config& config) {
    if (const auto holder = QueueLock::holder(config.queue.path)) {
        report.ok("[queue] path " + config.queue.path + " is in use by " + *holder +
                  ", the agent that runs on it; a second one would be refused");
    }
}

} // namespace

bool check_folder(Report& report, const std::string& what, const std::string& path) {
    const auto folder = fs::absolute(path).parent_path();
    struct stat there {};
    if (::stat(folder.c_str(), &there) != 0) {
        const int why = errno;
        if (why == EACCES) {
            report.denied(what + ": " + folder.string() + ": " + std::strerror(why),
                          "correct owner and mode of the folders above it");
        } else {
            report.fail(what + ": the folder " + folder.string() + " does not exist",
                        "mkdir -p " + folder.string() +
                            " (systemd creates its own folders itself)");
        }
        return false;
    }
    if (!S_ISDIR(there.st_mode)) {
        report.fail(what + ": " + folder.string() + " is not a folder", "choose another path");
        return false;
    }
    if (::access(folder.c_str(), W_OK | X_OK) != 0) {
        const int why = errno;
        const auto says = what + ": " + folder.string() + ": " + std::strerror(why);
        if (why == EACCES) {
            report.denied(says, "correct owner and mode");
        } else {
            report.fail(says, "the service must be able to write there");
        }
        return false;
    }
    report.ok(what + ": " + folder.string() + " can be written");
    return true;
}

void check_queue(Report& report, const Config& config) {
    const auto& path = config.queue.path;
    check_folder(report, "[queue] path", path);
    check_side_files(report, path);
    check_database(report, path);
    check_lock(report, config);
    check_modes(report, path);
    check_disk(report, config);
    check_cards(report);
}

std::optional<std::vector<Definition>> stored_definitions(const Config& config) {
    std::error_code error;
    if (!fs::is_regular_file(config.queue.path, error)) {
        return std::nullopt;
    }
    auto database = common::Connection::open_read_only(config.queue.path);
    if (!database || !check_version(**database)) {
        return std::nullopt;
    }
    try {
        auto stored = read_definitions(**database);
        return stored.fetched ? std::optional{std::move(stored.list)} : std::nullopt;
    } catch (const std::exception&) {
        return std::nullopt; // check_database has reported it
    }
}

} // namespace agent
