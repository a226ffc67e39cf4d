#include "agent/cli/cli.hpp"

#include "agent/cli/check.hpp"
#include "agent/cli/command.hpp"
#include "agent/cli/command_config.hpp"
#include "agent/cli/events.hpp"
#include "agent/cli/output.hpp"
#include "agent/cli/queue.hpp"
#include "agent/cli/status.hpp"
#include "agent/cli/webhooks.hpp"
#include "agent/config/config_file.hpp"
#include "agent/service/exit_codes.hpp"
#include "agent/service/held_signals.hpp"
#include "agent/service/service.hpp"
#include "common/base/version.hpp"
#include "common/text/invalid.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <exception>
#include <functional>
#include <iostream>
#include <limits>

namespace agent {

namespace {

/// The parsed options, and the command that they belong to.
struct CommandLine {
    std::string config_file;
    Command command;
    std::string file, webhooks_file, id, state, webhook;
    std::vector<std::string> files;
    std::vector<std::int64_t> ids;
    std::int64_t delivery = 0;
    std::size_t limit = 100;
    bool all = false, yes = false, reload = false, exported = false;
    Needs needs = Needs::nothing;
    std::function<int()> run;

    [[nodiscard]] Selection selection() const {
        return {ids, parse_state(state), webhook.empty() ? std::nullopt : std::optional{webhook}};
    }
};

CLI::App* add(CLI::App& app, CommandLine& line, Needs needs, const std::string& name,
              const std::string& description, std::function<int()> run) {
    auto* sub = app.add_subcommand(name, description);
    sub->callback([&line, needs, run = std::move(run)] {
        line.needs = needs;
        line.run = run;
    });
    return sub;
}

/// A validator whose message has the form of all messages about bad input. It is not thrown as a
/// ValidationError, which CLI11 prefixes with the option's name once more.
CLI::Validator validator(std::string name, std::string expected,
                         std::function<bool(const std::string&)> good) {
    return {[=](std::string& text) {
                if (!good(text)) {
                    throw CLI::ConversionError{common::invalid(name, "'" + text + "'", expected)};
                }
                return std::string{};
            },
            ""};
}

/// CLI11's own check for numbers goes through a double.
bool is_whole_number(const std::string& text, std::int64_t least, std::int64_t most) {
    std::int64_t number = 0;
    const auto* const text_end = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), text_end, number);
    return error == std::errc{} && end == text_end && number >= least && number <= most;
}

CLI::Validator id_validator() {
    return validator("ID", "a whole number", [](const std::string& text) {
        return is_whole_number(text, 0, std::numeric_limits<std::int64_t>::max());
    });
}

void add_webhook(CLI::App& app, CommandLine& line) {
    auto& l = line;
    auto* webhook =
        app.add_subcommand("webhook", "Manage the webhooks of the FindFace Lite server");
    webhook->require_subcommand(1);
    add(*webhook, l, Needs::server, "list", "List the server's webhooks",
        [&l] { return command_webhook_list(l.command); });
    const auto with_id = [&l](CLI::App* sub) {
        sub->add_option("ID", l.id, "The webhook's id on the server")
            ->required()
            ->type_name("")
            ->check(id_validator());
    };
    const auto with_file = [&l](CLI::App* sub) {
        sub->add_option("FILE", l.file, "The definition as JSON (- for standard input)")
            ->required()
            ->type_name("");
    };
    with_id(add(*webhook, l, Needs::server, "show", "Show one definition",
                [&l] { return command_webhook_show(l.command, l.id); }));
    with_file(add(*webhook, l, Needs::server, "create",
                  "Validate a definition and create the webhook",
                  [&l] { return command_webhook_create(l.command, l.file); }));
    auto* update =
        add(*webhook, l, Needs::server, "update", "Validate a definition and update the webhook",
            [&l] { return command_webhook_update(l.command, l.id, l.file); });
    with_id(update);
    with_file(update);
    with_id(add(*webhook, l, Needs::server, "delete", "Delete a webhook",
                [&l] { return command_webhook_delete(l.command, l.id); }));
}

void add_queue(CLI::App& app, CommandLine& line) {
    auto& l = line;
    auto* queue = app.add_subcommand("queue", "Inspect, retry and drop deliveries in the queue");
    queue->require_subcommand(1);
    const auto with_state = [&l](CLI::App* sub) {
        sub->add_option("--state", l.state, "Only deliveries in this state")
            ->type_name("pending|dead")
            ->check(
                validator("--state", common::one_of({"pending", "dead"}),
                          [](const std::string& text) { return parse_state(text).has_value(); }));
    };
    const auto with_webhook = [&l](CLI::App* sub) {
        sub->add_option("--webhook", l.webhook, "Only deliveries to the webhook with this key")
            ->type_name("KEY")
            ->check(validator("--webhook", "a webhook's key, as status shows it",
                              [](const std::string& text) { return !text.empty(); }));
    };
    const auto with_selection = [&l](CLI::App* sub) {
        sub->add_option("ID", l.ids, "The ids of deliveries")->type_name("")->check(id_validator());
        sub->add_flag("--all", l.all, "All deliveries, or all that the other options select");
        // Nothing is retried or dropped by a slip.
        sub->parse_complete_callback([&l, name = "queue " + sub->get_name()] {
            if (l.all == !l.ids.empty()) {
                throw CLI::ValidationError{name, "expected either the ids of deliveries or --all"};
            }
            if (!l.all && !(l.webhook.empty() && l.state.empty())) {
                throw CLI::ValidationError{name,
                                           "--webhook and --state can only be used with --all"};
            }
        });
    };
    auto* list = add(*queue, l, Needs::queue, "list", "List deliveries",
                     [&l] { return command_queue_list(l.command, l.selection(), l.limit); });
    with_state(list);
    with_webhook(list);
    constexpr std::int64_t most = 1'000'000;
    list->add_option("--limit", l.limit, "Maximum number of rows")
        ->type_name("N")
        ->check(validator("--limit", "a whole number from 1 to " + std::to_string(most),
                          [](const std::string& text) { return is_whole_number(text, 1, most); }))
        ->capture_default_str();
    auto* show =
        add(*queue, l, Needs::queue, "show", "Show one delivery with its event and its attempts",
            [&l] { return command_queue_show(l.command, l.delivery); });
    show->add_option("ID", l.delivery, "The delivery's id")
        ->required()
        ->type_name("")
        ->check(id_validator());
    auto* retry = add(*queue, l, Needs::agent, "retry",
                      "Make dead letters pending again and pending deliveries due now",
                      [&l] { return command_queue_retry(l.command, l.selection()); });
    with_selection(retry);
    with_webhook(retry);
    auto* drop = add(*queue, l, Needs::agent, "drop", "Delete deliveries",
                     [&l] { return command_queue_drop(l.command, l.selection(), l.yes); });
    with_selection(drop);
    with_webhook(drop);
    with_state(drop);
    drop->add_flag("-y,--yes", l.yes, "Do not ask first (without a terminal nothing is asked)");
    auto* dump =
        add(*queue, l, Needs::queue, "export", "Write deliveries with their events as NDJSON",
            [&l] { return command_queue_export(l.command, l.selection()); });
    with_state(dump);
    with_webhook(dump);
}

void add_commands(CLI::App& app, CommandLine& line) {
    auto& l = line;
    add(app, l, Needs::everything, "run", "Run the service in the foreground",
        [&l] { return run_service(std::move(l.command.config)); });
    add(app, l, Needs::nothing, "check",
        "Check configuration, secrets, files and clock without starting the service",
        [&l] {
            const auto path = config_path(l.config_file);
            return l.reload ? command_check_reload(path) : command_check(path, l.command.json);
        })
        ->add_flag("--reload", l.reload,
                   "Judge only what a reload reads, and print only what is wrong");
    add(app, l, Needs::agent, "status", "Show the state of the running agent",
        [&l] { return command_status(l.command); });
    add_webhook(app, l);
    add(app, l, Needs::agent, "sync", "Fetch the server's definitions and read the local file now",
        [&l] { return command_sync(l.command); });
    auto* send = add(app, l, Needs::agent, "send", "Post events to the running agent",
                     [&l] { return command_send(l.command, l.files, l.exported); });
    send->add_option("FILE", l.files, "JSON, a JSON array or NDJSON (- for standard input)")
        ->required()
        ->type_name("");
    send->add_flag("--from-export", l.exported,
                   "The files are of `queue export`: send each event in them once more");
    auto* explain = add(app, l, Needs::agent, "explain",
                        "Show for each webhook whether an event matches and, if not, why",
                        [&l] { return command_explain(l.command, l.file, l.webhooks_file); });
    explain->add_option("FILE", l.file, "One event as JSON (- for standard input)")
        ->required()
        ->type_name("");
    explain
        ->add_option("--webhooks", l.webhooks_file,
                     "Use the definitions of this file; needs no agent and no configuration")
        ->type_name("FILE");
    add_queue(app, l);
}

/// --config, --json, --help and --version are accepted after every command as well, where people
/// type them.
void add_common_options(CLI::App& app, CommandLine& line) {
    app.set_help_flag("-h,--help", "Show this help");
    app.set_version_flag("--version", std::string{"ffl-agent "} + common::version,
                         "Print the version");
    app.add_option("--config", line.config_file,
                   "INI file (default: $FFL_AGENT_CONFIG, then /etc/ffl-agent/agent.ini)")
        ->type_name("FILE");
    app.add_flag("--json", line.command.json, "Print one JSON document, the same as the API's");
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

/// What is wrong with the command line. Where a word is misspelt CLI11 only says what is missing.
std::string usage_error(const CLI::App* app, const CLI::Error& error) {
    std::string message = error.what();
    const auto unparsed = app->remaining(true);
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError) &&
        !unparsed.empty()) {
        while (!app->get_subcommands().empty()) {
            app = app->get_subcommands().front();
        }
        std::vector<std::string> names;
        for (const auto* sub : app->get_subcommands([](const CLI::App*) { return true; })) {
            names.push_back(sub->get_name());
        }
        if (unparsed.front().starts_with('-')) {
            message = "unknown option " + unparsed.front();
        } else if (!names.empty()) {
            message = common::unknown("command", unparsed.front(), names);
        }
    }
    return "ffl-agent: " + message + "\nRun with --help for usage.\n";
}

} // namespace

int command_line(int argc, char** argv) {
    CLI::App app{"ffl-agent: FindFace Lite webhooks at the edge, with a queue on disk",
                 "ffl-agent"};
    app.require_subcommand(1);
    app.footer("Exit codes: 0 success, 1 a check failed, 64 usage, 65 bad data or unknown id,\n"
               "69 agent or server unreachable, 74 I/O error, 77 refused by the server,\n"
               "78 bad configuration.");
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
    // Usage errors come first, whatever the state of the INI file.
    if (line.needs != Needs::nothing && line.webhooks_file.empty()) {
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
