#include "agent/cli/check.hpp"

#include "agent/config/config_file.hpp"
#include "agent/definitions/local_file.hpp"
#include "agent/service/exit_codes.hpp"
#include "agent/service/tls_judgement.hpp"
#include "agent/store/queue_lock.hpp"
#include "agent/store/schema.hpp"
#include "common/async/clock.hpp"
#include "common/http_client/tls.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace agent {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr long tmpfs_magic = 0x01021994;
constexpr long ramfs_magic = 0x858458f6;

/// Prints one line per check, or all checks as one JSON document, and holds the worst exit code.
class Report {
  public:
    explicit Report(bool as_json) : as_json_{as_json} {}

    void ok(const std::string& what) { add("ok", what, ""); }
    void warn(const std::string& what, const std::string& fix) { add("warn", what, fix); }
    void fail(const std::string& what, const std::string& fix, int code = exit_code::check_failed) {
        add("fail", what, fix);
        code_ = std::max(code_, code);
    }
    /// Prints what is left to print and returns the exit code.
    int finish() const {
        if (as_json_) {
            std::cout << common::text_of(json{{"checks", checks_}}) << '\n';
        }
        return code_;
    }

  private:
    void add(const char* result, const std::string& what, const std::string& fix) {
        if (as_json_) {
            checks_.push_back(
                {{"result", result}, {"what", what}, {"fix", fix.empty() ? json{} : json(fix)}});
        } else {
            std::cout << std::left << std::setw(6) << result << what << (fix.empty() ? "" : " -- ")
                      << fix << '\n';
        }
    }

    bool as_json_;
    json checks_ = json::array();
    int code_ = exit_code::done;
};

/// A secret that every user can read is not secret.
void check_secret(Report& report, const std::string& what, const std::string& path) {
    if (path.empty()) {
        return;
    }
    std::error_code error;
    const auto mode = fs::status(path, error).permissions();
    if (!error && (mode & fs::perms::others_read) != fs::perms::none) {
        report.warn(what + " " + path + " can be read by every user",
                    "chmod 640 " + path + ", and chgrp ffl-agent " + path +
                        " so that the service can still read it");
    } else {
        report.ok(what + " " + path);
    }
}

void check_tls(Report& report, const Config& config) {
    for (const auto& [what, files] : tls_uses(config)) {
        if (const auto good = common::check_tls_files(files); good) {
            report.ok(what);
        } else {
            report.fail(what + ": " + good.error().message,
                        "use PEM files that exist and belong together", exit_code::bad_config);
        }
    }
}

/// Root can read everything; only the service's own user finds out what the service can read.
void check_user(Report& report, const std::string& path) {
    struct stat folder {};
    if (::geteuid() != 0 || ::stat(fs::absolute(path).parent_path().c_str(), &folder) != 0 ||
        folder.st_uid == 0) {
        return;
    }
    const auto* owner = ::getpwuid(folder.st_uid);
    const auto name =
        owner != nullptr ? std::string{owner->pw_name} : "#" + std::to_string(folder.st_uid);
    report.warn("checked as root, which can read files that " + name + " cannot",
                "run it with sudo -u " + name);
}

/// The folder in which the service must be able to create files.
void check_folder(Report& report, const std::string& what, const std::string& path) {
    const auto folder = fs::absolute(path).parent_path();
    std::error_code error;
    if (!fs::is_directory(folder, error)) {
        report.fail(what + ": the folder " + folder.string() + " does not exist",
                    "mkdir -p " + folder.string() + " (systemd creates its own folders itself)");
    } else if (::access(folder.c_str(), W_OK | X_OK) != 0) {
        report.fail(
            what + ": " + folder.string() + ": " + std::strerror(errno),
            "run this check as the service's user; if it fails there too, correct owner and mode");
    } else {
        report.ok(what + ": " + folder.string() + " can be written");
    }
}

/// The database itself, if it exists already.
void check_database(Report& report, const std::string& path) {
    std::error_code error;
    if (!fs::exists(path, error)) {
        return;
    }
    if (!fs::is_regular_file(path, error)) {
        report.fail("[queue] path: " + path + " is not a regular file", "use the name of a file");
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
void check_folder_mode(Report& report, const std::string& path) {
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
    const auto holder = QueueLock::holder(config.queue.path);
    if (!holder) {
        return;
    }
    report.ok("[queue] path " + config.queue.path + " is in use by " + *holder +
              ", the agent that runs on it; a second one would be refused");
}

void check_local(Report& report, const Config& config) {
    const auto local = read_local(config);
    if (!local) {
        report.fail(local.error().message, "fix the file; the service does not start without it",
                    exit_code::bad_config);
        return;
    }
    if (config.webhooks.file.empty()) {
        return;
    }
    report.ok("[webhooks] file " + config.webhooks.file + ": " + std::to_string(local->size()) +
              " definitions");
    for (const auto& definition : *local) {
        const auto webhook = read_webhook(definition.key, json::parse(definition.json));
        if (webhook.state == WebhookState::unsupported) {
            report.warn("[webhooks] file: " + definition.key + ": " + webhook.reason,
                        "fix the definition; until then it is not served");
        }
        for (const auto& warning : webhook.warnings) {
            report.warn("[webhooks] file: " + definition.key + ": " + warning,
                        "it is served as written");
        }
    }
}

void check_space(Report& report, const Config& config) {
    const auto folder = fs::absolute(config.queue.path).parent_path();
    struct statfs kind {};
    struct statvfs space {};
    if (::statfs(folder.c_str(), &kind) != 0 || ::statvfs(folder.c_str(), &space) != 0) {
        return; // check_folder has reported it
    }
    const auto magic = static_cast<long>(kind.f_type);
    if (magic == tmpfs_magic || magic == ramfs_magic) {
        report.warn(folder.string() + " is on a file system in memory",
                    "a power cut loses the queue: move [queue] path to a disk");
    } else {
        report.ok(folder.string() + " is on a disk");
    }
    const auto free = static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
    if (free < config.queue.min_free) {
        report.fail(std::to_string(free >> 20) + " MiB free in " + folder.string(),
                    "free some space: below [queue] min_free = " +
                        std::to_string(config.queue.min_free >> 20) +
                        " MiB the queue counts as full");
    } else if (free < config.queue.max_size) {
        report.warn(std::to_string(free >> 20) + " MiB free in " + folder.string(),
                    "free some space or lower [queue] max_size, which allows " +
                        std::to_string(config.queue.max_size >> 20) + " MiB");
    } else {
        report.ok(std::to_string(free >> 20) + " MiB free in " + folder.string());
    }
}

void check_clock(Report& report) {
    common::asio::io_context loop;
    if (common::SystemClock{loop.get_executor()}.synchronized()) {
        report.ok("the clock is synchronised");
    } else {
        report.warn(
            "the clock is not synchronised",
            "enable systemd-timesyncd or chrony: certificates and time stamps depend on the clock");
    }
}

void check_all(Report& report, const Config& config) {
    check_secret(report, "[server] password_file", config.server.password_file);
    check_secret(report, "[ingest] token_file", config.ingest.token_file);
    check_secret(report, "[delivery] signing_secret_file", config.delivery.signing_secret_file);
    check_tls(report, config);
    check_local(report, config);
    check_user(report, config.queue.path);
    check_folder(report, "[queue] path", config.queue.path);
    check_database(report, config.queue.path);
    check_lock(report, config);
    check_folder_mode(report, config.queue.path);
    check_space(report, config);
    if (!config.ingest.socket.empty()) {
        check_folder(report, "[ingest] socket", config.ingest.socket);
    }
    check_clock(report);
}

/// A key that names a file may be right while the file is wrong; the message says which it is.
std::string config_fix(const std::string& error, const std::string& path) {
    const auto bracket = error.find("] ");
    const auto key =
        bracket == std::string::npos
            ? std::string{}
            : error.substr(bracket + 2, error.find_first_of(" :", bracket + 2) - bracket - 2);
    return key.ends_with("file") ? "fix the file that the key names, or the key in " + path
                                 : "fix it in " + path;
}

} // namespace

int command_check(const std::string& path, bool as_json) {
    const auto loaded = load_config(path, credentials_directory());
    Report report{as_json};
    for (const auto& error : loaded.errors) {
        report.fail(error, config_fix(error, path), exit_code::bad_config);
    }
    if (loaded.good()) {
        report.ok("configuration " + path);
        check_all(report, loaded.config);
    }
    return report.finish();
}

} // namespace agent
