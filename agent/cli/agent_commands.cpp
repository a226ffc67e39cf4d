#include "agent/cli/agent_commands.hpp"

#include "agent/cli/check.hpp"
#include "agent/cli/status.hpp"
#include "agent/config/config_file.hpp"
#include "agent/service/service.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

namespace agent {

namespace {

struct CheckOptions {
    bool reload = false;
};

} // namespace

void add_run(CLI::App& app, CommandLine& line) {
    add_command(app, line, Needs::everything, "run", "Run the service in the foreground",
                [&line] { return run_service(std::move(line.command.config)); });
}

void add_check(CLI::App& app, CommandLine& line) {
    const auto options = std::make_shared<CheckOptions>();
    auto* check =
        add_command(app, line, Needs::nothing, "check",
                    "Check configuration, secrets, files and clock without starting the service",
                    [&line, options] {
                        const auto path = config_path(line.config_file);
                        return options->reload ? command_check_reload(path)
                                               : command_check(path, line.command.json);
                    });
    check->add_flag("--reload", options->reload,
                    "Judge only what a reload reads, and print only what is wrong");
}

void add_status(CLI::App& app, CommandLine& line) {
    add_command(app, line, Needs::agent, "status", "Show the state of the running agent",
                [&command = line.command] { return command_status(command); });
}

void add_sync(CLI::App& app, CommandLine& line) {
    add_command(app, line, Needs::agent, "sync",
                "Fetch the server's definitions and read the local file now",
                [&command = line.command] { return command_sync(command); });
}

} // namespace agent
