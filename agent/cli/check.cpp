#include "agent/cli/check.hpp"

#include "agent/cli/check_agent.hpp"
#include "agent/cli/check_listeners.hpp"
#include "agent/cli/check_queue.hpp"
#include "agent/cli/check_server.hpp"
#include "agent/cli/check_targets.hpp"
#include "agent/cli/clock_judgement.hpp"
#include "agent/cli/output.hpp"
#include "agent/cli/report.hpp"
#include "agent/cli/webhook_judgement.hpp"
#include "agent/config/config_file.hpp"
#include "agent/config/permission.hpp"
#include "agent/config/text_file.hpp"
#include "agent/config/unmatched_globs.hpp"
#include "agent/definitions/local_file.hpp"
#include "agent/definitions/webhook_cache.hpp"
#include "agent/service/tls_judgement.hpp"
#include "common/async/clock.hpp"
#include "common/base/build_date.hpp"
#include "common/base/printable.hpp"
#include "common/http_client/tls.hpp"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace agent {

namespace {

namespace fs = std::filesystem;
using common::Fault;
using nlohmann::json;

constexpr const char* fix_of_tls = "use PEM files that exist and belong together";
constexpr const char* fix_of_local = "fix the file; the service does not start without it";

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
    } else if (check_readable(path)) {
        report.ok(what + " " + path);
    }
}

/// The first of the files that this user may not read.
std::optional<common::Error> denied_file(const common::TlsFiles& files) {
    for (const auto& file : {files.ca_file, files.client_cert_file, files.client_key_file}) {
        const auto readable = file.empty() ? common::Result<void>{} : check_readable(file);
        if (!readable && readable.error().fault == Fault::refused) {
            return readable.error();
        }
    }
    return std::nullopt;
}

void check_tls(Report& report, const Config& config) {
    for (const auto& [what, files] : tls_uses(config)) {
        if (const auto denied = denied_file(files); denied && report.judges_for_another()) {
            report.denied(what + ": " + denied->message, "");
        } else if (const auto good = common::check_tls_files(files); good) {
            report.ok(what);
        } else {
            report.fail(what + ": " + good.error().message, fix_of_tls, exit_code::bad_config);
        }
    }
}

/// The user that the service runs as: the owner of the queue's folder; where that cannot be seen,
/// that of the package. Nothing where it may be anyone.
std::optional<uid_t> service_user(const Config& config) {
    struct stat folder {};
    const auto& path = config.queue.path;
    if (!path.empty() && ::stat(fs::absolute(path).parent_path().c_str(), &folder) == 0) {
        return folder.st_uid == 0 ? std::nullopt : std::optional{folder.st_uid};
    }
    const auto* user = ::getpwnam("ffl-agent");
    return user == nullptr ? std::nullopt : std::optional{user->pw_uid};
}

/// Root can read everything, and others cannot read what the service can: only its own user finds
/// out.
void check_user(Report& report, const Config& config) {
    const auto service = service_user(config);
    if (!service || *service == ::geteuid()) {
        return;
    }
    const auto name = user_name(*service);
    if (::geteuid() == 0) {
        report.warn("checked as root, which can read files that " + name + " cannot",
                    "run it with sudo -u " + name);
    } else {
        report.judge_for(name);
        report.warn("checked as " + user_name() + ", and the service runs as " + name,
                    "what " + user_name() + " may not read is not checked: run it with sudo -u " +
                        name);
    }
}

/// The local definitions, if they can be read.
std::vector<Definition> check_local(Report& report, const Config& config) {
    if (config.webhooks.file.empty()) {
        return {};
    }
    if (const auto readable = check_readable(config.webhooks.file);
        !readable && readable.error().fault == Fault::refused && report.judges_for_another()) {
        return {}; // reported as an error of the setting
    }
    const auto local = read_local(config);
    if (!local) {
        report.fail(local.error().message, fix_of_local, exit_code::bad_config);
        return {};
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
    return *local;
}

std::vector<std::string> names_of(const std::vector<Definition>& definitions) {
    std::vector<std::string> names;
    names.reserve(definitions.size());
    for (const auto& [key, text] : definitions) {
        names.push_back(read_webhook(key, json::parse(text, nullptr, false)).name);
    }
    return names;
}

/// Globs that match nothing, once it is known what there is.
void check_globs(Report& report, const Config& config, const std::vector<Definition>& server,
                 const std::vector<Definition>& local) {
    for (const auto& warning : unmatched_globs(config, names_of(server), names_of(local))) {
        report.warn(warning, "correct it in " + config.path + ", or the webhook's name");
    }
}

void check_clock(Report& report) {
    common::asio::io_context loop;
    const common::SystemClock clock{loop.get_executor()};
    report.add(judge_clock({clock.wall(), clock.synchronized()}, common::build_date));
}

using ServerList = std::optional<std::vector<Definition>>;

/// The list as the server has it now, otherwise as it was last fetched.
ServerList server_definitions(Report& report, const Config& config, bool online) {
    if (!config.server.url) {
        return std::vector<Definition>{};
    }
    if (!online) {
        return stored_definitions(config);
    }
    if (auto list = check_server(report, config)) {
        return list;
    }
    auto stored = stored_definitions(config);
    report.warn(stored ? "what follows is about the webhooks as they were last fetched"
                       : "which webhooks the server has is not known: their targets were not tried",
                "fix what keeps the list from being read");
    return stored;
}

void check_all(Report& report, const Config& config, bool online) {
    check_secret(report, "[server] password_file", config.server.password_file);
    check_secret(report, "[ingest] token_file", config.ingest.token_file);
    check_secret(report, "[delivery] signing_secret_file", config.delivery.signing_secret_file);
    check_tls(report, config);
    const auto local = check_local(report, config);
    check_queue(report, config);
    check_listeners(report, config);
    check_clock(report);
    const auto server = server_definitions(report, config, online);
    if (server) {
        check_globs(report, config, *server, local);
    }
    if (!online) {
        return;
    }
    const auto snapshot = snapshot_of(server.value_or(std::vector<Definition>{}), local, config);
    if (server) {
        report.add(judge_webhooks(snapshot));
    }
    check_targets(report, config, snapshot);
    check_agent(report, config);
}

/// Each error names the file in which it is mended.
std::string fix_of(const ConfigFault& fault, const std::string& ini) {
    switch (fault.fault) {
    case Fault::input:
        return "fix " + fault.file;
    case Fault::storage:
        return fault.file == ini ? "create it, or name another with --config"
                                 : "create " + fault.file + ", or correct the key in " + ini;
    case Fault::refused:
        return "correct owner and mode of " + fault.file;
    default:
        return "fix it in " + ini;
    }
}

} // namespace

int command_check(const std::string& path, const CheckOptions& options) {
    const auto loaded = load_config(path, credentials_directory(), true, options.base_dir);
    const auto& faults = loaded.faults;
    Report report{options.json};
    const bool known = std::ranges::none_of(faults, &ConfigFault::is_whole);
    if (known) {
        check_user(report, loaded.config);
    }
    bool good = true;
    for (const auto& fault : faults) {
        const bool denied = fault.fault == Fault::refused;
        if (denied && known) {
            report.denied(fault.message, fix_of(fault, path), exit_code::bad_config);
        } else {
            report.fail(fault.message, fix_of(fault, path), exit_code::bad_config);
        }
        good = good && denied && report.judges_for_another();
    }
    for (const auto& warning : loaded.config.warnings) {
        report.warn(warning, "write it as it is meant");
    }
    if (good) {
        report.ok("configuration " + path);
        check_all(report, loaded.config, options.online);
    } else if (options.online) {
        report.warn("the server, the targets and the agent were not asked",
                    "fix the configuration first");
    }
    return report.finish();
}

int command_check_reload(const std::string& path, const CheckOptions& options) {
    auto loaded = load_config(path, credentials_directory(), true, options.base_dir);
    const auto is_credential = [&](const ConfigFault& fault) {
        // The service has it since its start; systemd does not give it to every helper.
        return credentials_directory().empty() && loaded.config.server.password_file.empty() &&
               fault.section == "server" && fault.key == "password_file" && fault.line == 0;
    };
    std::erase_if(loaded.faults, is_credential);
    Findings errors;
    for (const auto& fault : loaded.faults) {
        errors.push_back({Level::fail, fault.message, fix_of(fault, path)});
    }
    if (errors.empty()) {
        if (const auto local = read_local(loaded.config); !local) {
            errors.push_back({Level::fail, local.error().message, fix_of_local});
        }
        for (const auto& error : tls_errors(loaded.config)) {
            errors.push_back({Level::fail, error, fix_of_tls});
        }
    }
    if (options.json) {
        Report report{true};
        for (const auto& error : errors) {
            report.add(error, exit_code::bad_config);
        }
        return report.finish();
    }
    for (const auto& error : errors) {
        complain(exit_code::bad_config, error.what);
    }
    return errors.empty() ? exit_code::done : exit_code::bad_config;
}

} // namespace agent
