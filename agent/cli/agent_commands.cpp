#include "agent/cli/agent_commands.hpp"

#include "agent/cli/check.hpp"
#include "agent/cli/log_level.hpp"
#include "agent/cli/status.hpp"
#include "agent/cli/watch.hpp"
#include "agent/cli/webhook_status.hpp"
#include "agent/config/config_file.hpp"
#include "agent/service/service.hpp"
#include "common/base/log.hpp"
#include "common/text/invalid.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace agent {

namespace {

struct StatusOptions {
    std::string webhook;
    bool watch = false, check = false;
};

struct CheckFlags {
    bool reload = false, online = false;
    std::string base_dir;
};

} // namespace

void add_run(CLI::App& app, CommandLine& line) {
    add_command(app, line, Needs::everything, "run", "Run the service in the foreground",
                [&line] { return run_service(std::move(line.command.config)); });
}

void add_check(CLI::App& app, CommandLine& line) {
    const auto options = std::make_shared<CheckFlags>();
    auto* check = add_command(
        app, line, Needs::nothing, "check",
        "Check configuration, secrets, files, disk and clock without starting the service",
        [&line, options] {
            const auto path = config_path(line.config_file);
            const CheckOptions how{line.command.json, options->online, options->base_dir};
            return options->reload ? command_check_reload(path, how) : command_check(path, how);
        });
    auto* online = check->add_flag("--online", options->online,
                                   "Also ask the server, connect to each target (no event is "
                                   "sent) and ask the running agent");
    check
        ->add_flag("--reload", options->reload,
                   "Judge only what a reload reads, and print only what is wrong")
        ->excludes(online);
    check
        ->add_option("--base-dir", options->base_dir,
                     "Where relative paths in the file start (default: its own folder), to check a "
                     "copy before it is put in place")
        ->type_name("DIR")
        ->check(validator("--base-dir", "a folder that exists", [](const std::string& folder) {
            std::error_code none;
            return std::filesystem::is_directory(folder, none);
        }));
}

void add_status(CLI::App& app, CommandLine& line) {
    const auto options = std::make_shared<StatusOptions>();
    auto* status =
        add_command(app, line, Needs::agent, "status",
                    "Show what is wrong with the running agent, how to fix it, and its webhooks",
                    [&line, options] {
                        const auto draw = [&line, options] {
                            // A terminal may get another width meanwhile.
                            line.command.screen = line.screen();
                            return options->webhook.empty()
                                       ? command_status(line.command, options->check)
                                       : command_webhook_status(line.command, options->webhook);
                        };
                        return options->watch ? watch(draw) : draw();
                    });
    auto* webhook =
        status
            ->add_option("WEBHOOK", options->webhook, "Only this webhook, by key or name, in full")
            ->type_name("")
            ->check(not_empty("WEBHOOK", "a webhook's key or name"));
    auto* check =
        status->add_flag("--check", options->check,
                         "Exit with 0, 1 or 2 for ok, warn or fail, as Nagios plugins do");
    check->excludes(webhook);
    status->add_flag("--watch", options->watch, "Show it anew every two seconds, until q is typed")
        ->excludes(check);
    status->parse_complete_callback([&line, raw = options.get()] {
        if (raw->watch && (line.command.json || !line.screen().width)) {
            throw CLI::ValidationError{"--watch", "needs a terminal, and goes without --json"};
        }
    });
}

void add_log_level(CLI::App& app, CommandLine& line) {
    const auto level = std::make_shared<std::string>();
    auto* command =
        add_command(app, line, Needs::agent, "log-level",
                    "Show or set how much the running agent logs, until its next reload or restart",
                    [&line, level] { return command_log_level(line.command, *level); });
    command->add_option("LEVEL", *level, "What is logged, and what is more severe")
        ->type_name("error|warn|info|debug")
        ->check(validator(
            "LEVEL", common::one_of({"error", "warn", "info", "debug"}),
            [](const std::string& text) { return common::log::parse_level(text).has_value(); }));
}

void add_sync(CLI::App& app, CommandLine& line) {
    add_command(app, line, Needs::agent, "sync",
                "Fetch the server's definitions and read the local file now",
                [&command = line.command] { return command_sync(command); });
}

} // namespace agent
