#include "agent/commands.hpp"
#include "agent/exit_codes.hpp"
#include "agent/local_definitions.hpp"
#include "common/clock.hpp"
#include "common/http_client.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace agent {

namespace {

namespace fs = std::filesystem;

constexpr long tmpfs_magic = 0x01021994;
constexpr long ramfs_magic = 0x858458f6;

/// One line a check; the worst of them is the command's end.
class Report {
  public:
    void ok(const std::string& what) { std::cout << "ok    " << what << '\n'; }
    void warn(const std::string& what, const std::string& mend) { std::cout << "warn  " << what << " -- " << mend << '\n'; }
    void fail(const std::string& what, const std::string& mend) {
        std::cout << "fail  " << what << " -- " << mend << '\n';
        failed_ = true;
    }
    [[nodiscard]] bool failed() const { return failed_; }

  private:
    bool failed_ = false;
};

/// Secrets that others can read are no secrets.
void check_secret(Report& report, const std::string& what, const std::string& path) {
    if (path.empty()) {
        return;
    }
    std::error_code error;
    const auto mode = fs::status(path, error).permissions();
    if (!error && (mode & fs::perms::others_read) != fs::perms::none) {
        report.warn(what + " " + path + " can be read by everybody", "chmod o= " + path);
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
        report.fail(what + ": " + good.error().message, "give PEM files that belong together");
    }
}

/// The folder of the database, or of the nearest of its parents that exists.
void check_folder(Report& report, const std::string& what, const std::string& path) {
    const auto folder = fs::absolute(path).parent_path();
    std::error_code error;
    if (!fs::is_directory(folder, error)) {
        report.fail(what + ": the folder " + folder.string() + " is not there",
                    "mkdir -p " + folder.string() + " (systemd makes it by itself)");
    } else if (::access(folder.c_str(), W_OK | X_OK) != 0) {
        report.fail(what + ": " + folder.string() + ": " + std::strerror(errno), "run this check as the user that the service runs as");
    } else {
        report.ok(what + " in " + folder.string());
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
        report.warn("the file system of " + folder.string() + " is in memory", "a power cut loses the queue: give [queue] path on a disk");
    } else {
        report.ok("the file system of " + folder.string());
    }
    const auto free = static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
    if (free < config.queue.min_free) {
        report.fail(std::to_string(free >> 20) + " MiB free in " + folder.string(),
                    "the queue counts as full below [queue] min_free = " + std::to_string(config.queue.min_free >> 20) + " MiB");
    } else if (free < config.queue.max_size) {
        report.warn(std::to_string(free >> 20) + " MiB free in " + folder.string(),
                    "[queue] max_size allows " + std::to_string(config.queue.max_size >> 20) + " MiB");
    } else {
        report.ok(std::to_string(free >> 20) + " MiB free in " + folder.string());
    }
}

void check_clock(Report& report) {
    common::asio::io_context loop;
    if (common::SystemClock{loop.get_executor()}.synchronized()) {
        report.ok("the clock is synchronised");
    } else {
        report.warn("the clock is not synchronised", "enable systemd-timesyncd or chrony: certificates and time stamps need the time");
    }
}

void check_all(Report& report, const Config& config) {
    check_secret(report, "[server] password_file", config.server.password_file);
    check_secret(report, "[ingest] token_file", config.ingest.token_file);
    check_secret(report, "[delivery] signing_secret_file", config.delivery.signing_secret_file);
    check_tls(report, "[server] ca_file", {config.server.ca_file, "", ""});
    check_tls(report, "[ingest] TLS files", {"", config.ingest.tls_cert_file, config.ingest.tls_key_file});
    check_tls(report, "[delivery] TLS files", config.delivery.defaults.tls);
    for (const auto& section : config.overrides) {
        check_tls(report, "[webhook " + section.glob + "] TLS files", settings_for(config, section.glob).tls);
    }
    if (const auto local = read_local(config); !local) {
        report.fail(local.error().message, "mend the definition; the service does not start with it");
    } else if (!config.webhooks.file.empty()) {
        report.ok("[webhooks] file, " + std::to_string(local->size()) + " definitions");
        for (const auto& definition : *local) {
            for (const auto& warning : definition_warnings(definition)) {
                report.warn("[webhooks] file: " + definition.key + ": " + warning, "it is served as written");
            }
        }
    }
    check_folder(report, "[queue] path", config.queue.path);
    check_space(report, config);
    if (!config.ingest.socket.empty()) {
        check_folder(report, "[ingest] socket", config.ingest.socket);
    }
    check_clock(report);
}

} // namespace

int command_check(const std::string& path) {
    const auto loaded = load_config(path, credentials_directory());
    Report report;
    for (const auto& error : loaded.errors) {
        report.fail(error, "mend it in " + path);
    }
    if (!loaded.good()) {
        return exit_code::bad_config;
    }
    report.ok("configuration " + path);
    check_all(report, loaded.config);
    return report.failed() ? exit_code::check_failed : exit_code::done;
}

} // namespace agent
