#include "agent/cli/cli.hpp"

#include "agent/cli/agent_commands.hpp"
#include "agent/cli/command_line.hpp"
#include "agent/cli/completion.hpp"
#include "agent/cli/event_commands.hpp"
#include "agent/cli/output.hpp"
#include "agent/cli/queue_commands.hpp"
#include "agent/cli/trial_commands.hpp"
#include "agent/cli/webhook_commands.hpp"
#include "agent/config/config_file.hpp"
#include "agent/service/exit_codes.hpp"
#include "agent/service/held_signals.hpp"
#include "common/base/printable.hpp"
#include "common/base/version.hpp"
#include "common/text/invalid.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <iostream>
#include <vector>

namespace agent {

namespace {

void add_commands(CLI::App& app, CommandLine& line) {
    add_run(app, line);
    add_check(app, line);
    add_status(app, line);
    add_webhook_commands(app, line);
    add_sync(app, line);
    add_log_level(app, line);
    add_event_commands(app, line);
    add_queue_commands(app, line);
    add_trial_commands(app, line);
    add_completion(app, line);
}

const std::vector<std::string> common_options{"--help", "--version", "--config", "--json",
                                              "--color"};
const std::vector<std::string> colour_names{"auto", "always", "never"};

/// --config, --json, --color, --help and --version are accepted after every command as well, where
/// people type them.
void add_common_options(CLI::App& app, CommandLine& line) {
    app.set_help_flag("-h,--help", "Show this help");
    app.set_version_flag("--version", std::string{"ffl-agent "} + common::version,
                         "Print the version");
    app.add_option("--config", line.config_file,
                   "INI file (default: $FFL_AGENT_CONFIG, then /etc/ffl-agent/agent.ini)")
        ->type_name("FILE")
        ->check(not_empty("--config", "the path of an INI file"));
    app.add_flag("--json", line.command.json, "Print one JSON document, the same as the API's");
    app.add_option("--color", line.colour, "Whether to use colours (default: on a terminal)")
        ->type_name("auto|always|never")
        ->check(validator("--color", common::one_of(colour_names), [](const std::string& text) {
            return std::ranges::find(colour_names, text) != colour_names.end();
        }));
    for (auto* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
        add_common_options(*sub, line);
    }
}

/// A command whose result could not be written has failed: an export to a full disk.
int written(int code) {
    std::cout.flush();
    return code == exit_code::done && !std::cout
               ? complain(exit_code::io, "cannot write the output")
               : code;
}

/// The names of the options of a command, the command's own first.
std::vector<std::string> option_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const auto* option : app.get_options()) {
        for (const auto& name : option->get_lnames()) {
            names.push_back("--" + name);
        }
    }
    const auto common_one = [](const std::string& name) {
        return std::ranges::find(common_options, name) != common_options.end();
    };
    std::stable_partition(names.begin(), names.end(),
                          [&](const auto& name) { return !common_one(name); });
    return names;
}

std::vector<std::string> command_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back(sub->get_name());
    }
    return names;
}

/// What is wrong with the command line. Where a word is misspelt CLI11 only says what is missing,
/// names all that it did not expect, or takes the value of an unknown option for an argument.
std::string usage_error(const CLI::App* app, const CLI::Error& error) {
    std::string message = error.what();
    const auto unparsed = app->remaining(true);
    const auto code = static_cast<CLI::ExitCodes>(error.get_exit_code());
    while (!app->get_subcommands().empty()) {
        app = app->get_subcommands().front();
    }
    const auto option = std::ranges::find_if(
        unparsed, [](const std::string& word) { return word.starts_with('-') && word.size() > 1; });
    if (option != unparsed.end()) {
        message = common::unknown("option", common::printable(option->substr(0, option->find('='))),
                                  option_names(*app));
    } else if ((code == CLI::ExitCodes::RequiredError || code == CLI::ExitCodes::ExtrasError) &&
               !unparsed.empty()) {
        const auto commands = command_names(*app);
        if (!commands.empty()) {
            message = common::unknown("command", common::printable(unparsed.front()), commands);
        } else {
            message = "not expected: " + common::printable(common::joined(unparsed, " "));
        }
    }
    return "ffl-agent: " + message + "\nRun with --help for usage.\n";
}

} // namespace

int command_line(int argc, char** argv) {
    CLI::App app{"ffl-agent: FindFace Lite webhooks at the edge, with a queue on disk",
                 "ffl-agent"};
    app.require_subcommand(1);
    app.footer("Exit codes: 0 success, 1 a check failed or a test was not delivered, 64 usage,\n"
               "65 bad data or unknown id, 69 agent or server unreachable, 74 I/O error,\n"
               "77 refused by the server, or this user may not use the agent's socket or the\n"
               "queue, 78 bad configuration. `status --check` exits with 0, 1 or 2.");
    app.failure_message(usage_error);
    CommandLine line;
    add_commands(app, line);
    add_common_options(app, line);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return written(app.exit(error, std::cout, std::cerr) == 0 ? exit_code::done
                                                                  : exit_code::usage);
    }
    if (line.needs != Needs::everything) { // the service catches its signals itself
        release_signals();
    }
    line.command.screen = line.screen();
    // Usage errors come first, whatever the state of the INI file.
    if (line.needs != Needs::nothing) {
        auto config = config_for(line.needs, config_path(line.config_file));
        if (!config) {
            return exit_code::bad_config;
        }
        line.command.config = std::move(*config);
    }
    try {
        return written(line.run());
    } catch (const std::exception& error) {
        return complain(exit_code::io, error.what());
    }
}

} // namespace agent
