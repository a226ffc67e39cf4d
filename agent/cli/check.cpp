#include "agent/cli/commands.hpp"
#include "agent/definitions/local_file.hpp"
#include "agent/service/exit_codes.hpp"
#include "agent/store/schema.hpp"
#include "common/async/clock.hpp"
#include "common/http_client/http_client.hpp"
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

/// One line a check, or all of them as one JSON document; the worst is the command's end.
class Report {
  public:
    explicit Report(bool as_json) : as_json_{as_json} {}

    void ok(const std::string& what) { add("ok", what, ""); }
    void warn(const std::string& what, const std::string& mend) { add("warn", what, mend); }
    void fail(const std::string& what, const std::string& mend,
              int code = exit_code::check_failed) {
        add("fail", what, mend);
        code_ = std::max(code_, code);
    }
    /// The exit code.
    int end() const {
        if (as_json_) {
            std::cout << common::text_of(json{{"checks", checks_}}) << '\n';
        }
        return code_;
    }

  private:
    void add(const char* result, const std::string& what, const std::string& mend) {
        if (as_json_) {
            checks_.push_back(
                {{"result", result}, {"what", what}, {"mend", mend.empty() ? json{} : json(mend)}});
        } else {
            std::cout << std::left << std::setw(6) << result << what << (mend.empty() ? "" : " -- ")
                      << mend << '\n';
        }
    }

    bool as_json_;
    json checks_ = json::array();
    int code_ = exit_code::done;
};

/// Secrets that others can read are no secrets.
void check_secret(Report& report, const std::string& what, const std::string& path) {
    if (path.empty()) {
        return;
    }
    std::error_code error;
    const auto mode = fs::status(path, error).permissions();
    if (!error && (mode & fs::perms::others_read) != fs::perms::none) {
        report.warn(what + " " + path + " can be read by everybody",
                    "chmod 640 " + path +
                        ", and give it the group that the service runs in: chgrp ffl-agent " +
                        path);
    } else {
        report.ok(what + " " + path);
    }
}

void check_tls(Report& report, const std::string& what, const common::TlsFiles& files) {
    if (files == common::TlsFiles{}) {
        return;
    }
    if (const auto good = common::check_tls_files(files); good) {
        report.ok(what);
    } else {
        report.fail(what + ": " + good.error().message, "give PEM files that belong together",
                    exit_code::bad_config);
    }
}

/// For root everything is readable; what the service may read, its own user finds out.
void check_user(Report& report, const std::string& path) {
    struct stat folder {};
    if (::geteuid() != 0 || ::stat(fs::absolute(path).parent_path().c_str(), &folder) != 0 ||
        folder.st_uid == 0) {
        return;
    }
    const auto* owner = ::getpwuid(folder.st_uid);
    const auto name =
        owner != nullptr ? std::string{owner->pw_name} : "#" + std::to_string(folder.st_uid);
    report.warn("judged as root, who may read what " + name + " may not",
                "call it with sudo -u " + name);
}

/// The folder of the database, or of the nearest of its parents that exists.
void check_folder(Report& report, const std::string& what, const std::string& path) {
    const auto folder = fs::absolute(path).parent_path();
    std::error_code error;
    if (!fs::is_directory(folder, error)) {
        report.fail(what + ": the folder " + folder.string() + " is not there",
                    "mkdir -p " + folder.string() + " (systemd makes it by itself)");
    } else if (::access(folder.c_str(), W_OK | X_OK) != 0) {
        report.fail(what + ": " + folder.string() + ": " + std::strerror(errno),
                    "run this check as the user that the service runs as");
    } else {
        report.ok(what + " in " + folder.string());
    }
}

/// The database itself, where there is one already.
void check_database(Report& report, const std::string& path) {
    std::error_code error;
    if (!fs::exists(path, error)) {
        return;
    }
    if (!fs::is_regular_file(path, error)) {
        report.fail("[queue] path: " + path + " is not a file", "give the name of a file");
        return;
    }
    auto database = common::Connection::open_read_only(path);
    if (!database) {
        report.warn(
            "[queue] path: " + database.error().message,
            "at its start the service sets a damaged database aside and reads what can be read");
    } else if (const auto known = check_version(**database); !known) {
        report.fail("[queue] path: " + known.error().message, "do as it says",
                    known.error().fault == common::Fault::config ? exit_code::bad_config
                                                                 : exit_code::check_failed);
    } else {
        report.ok("[queue] path " + path + " can be read");
    }
}

void check_local(Report& report, const Config& config) {
    const auto local = read_local(config);
    if (!local) {
        report.fail(local.error().message, "mend the file; the service does not start with it",
                    exit_code::bad_config);
        return;
    }
    if (config.webhooks.file.empty()) {
        return;
    }
    report.ok("[webhooks] file, " + std::to_string(local->size()) + " definitions");
    for (const auto& definition : *local) {
        const auto webhook = read_webhook(definition.key, json::parse(definition.json));
        if (webhook.state == WebhookState::unsupported) {
            report.warn("[webhooks] file: " + definition.key + ": " + webhook.reason,
                        "mend the definition; until then it is not served");
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
        return; // check_folder has said it
    }
    const auto magic = static_cast<long>(kind.f_type);
    if (magic == tmpfs_magic || magic == ramfs_magic) {
        report.warn("the file system of " + folder.string() + " is in memory",
                    "a power cut loses the queue: give [queue] path on a disk");
    } else {
        report.ok("the file system of " + folder.string());
    }
    const auto free = static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
    if (free < config.queue.min_free) {
        report.fail(std::to_string(free >> 20) + " MiB free in " + folder.string(),
                    "the queue counts as full below [queue] min_free = " +
                        std::to_string(config.queue.min_free >> 20) + " MiB");
    } else if (free < config.queue.max_size) {
        report.warn(std::to_string(free >> 20) + " MiB free in " + folder.string(),
                    "[queue] max_size allows " + std::to_string(config.queue.max_size >> 20) +
                        " MiB");
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
            "enable systemd-timesyncd or chrony: certificates and time stamps need the time");
    }
}

void check_all(Report& report, const Config& config) {
    check_secret(report, "[server] password_file", config.server.password_file);
    check_secret(report, "[ingest] token_file", config.ingest.token_file);
    check_secret(report, "[delivery] signing_secret_file", config.delivery.signing_secret_file);
    check_tls(report, "[server] ca_file", {config.server.ca_file, "", ""});
    check_tls(report, "[ingest] TLS files",
              {"", config.ingest.tls_cert_file, config.ingest.tls_key_file});
    check_tls(report, "[delivery] TLS files", config.delivery.defaults.tls);
    for (const auto& section : config.overrides) {
        check_tls(report, "[webhook " + section.glob + "] TLS files",
                  settings_for(config, section.glob).tls);
    }
    check_local(report, config);
    check_user(report, config.queue.path);
    check_folder(report, "[queue] path", config.queue.path);
    check_database(report, config.queue.path);
    check_space(report, config);
    if (!config.ingest.socket.empty()) {
        check_folder(report, "[ingest] socket", config.ingest.socket);
    }
    check_clock(report);
}

} // namespace

int command_check(const std::string& path, bool as_json) {
    const auto loaded = load_config(path, credentials_directory());
    Report report{as_json};
    for (const auto& error : loaded.errors) {
        report.fail(error, "mend it in " + path, exit_code::bad_config);
    }
    if (loaded.good()) {
        report.ok("configuration " + path);
        check_all(report, loaded.config);
    }
    return report.end();
}

} // namespace agent
