#include "agent/cli/cli.hpp"

#include "agent/cli/agent_client.hpp"
#include "agent/cli/commands.hpp"
#include "agent/service/exit_codes.hpp"
#include "agent/service/service.hpp"
#include "common/base/version.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <exception>
#include <functional>
#include <iostream>

namespace agent {

namespace {

/// What a command wants of the INI file before it begins.
enum class Needs { nothing, settings, secrets };

/// What the options are parsed into, and which command they ended at.
struct Parsed {
    std::string config;
    Command command;
    std::string file, webhooks_file, id, state, webhook;
    std::vector<std::string> files;
    std::vector<std::int64_t> ids;
    std::int64_t delivery = 0;
    std::size_t limit = 100;
    bool all = false;
    Needs needs = Needs::nothing;
    std::function<int()> run;

    [[nodiscard]] Selection selection() const {
        return {ids, parse_state(state), webhook.empty() ? std::nullopt : std::optional{webhook}};
    }
};

CLI::App* add(CLI::App& app, Parsed& parsed, Needs needs, const std::string& name,
              const std::string& what, std::function<int()> run) {
    auto* sub = app.add_subcommand(name, what);
    sub->callback([&parsed, needs, run = std::move(run)] {
        parsed.needs = needs;
        parsed.run = run;
    });
    return sub;
}

/// CLI11's own check goes through a double.
CLI::Validator whole_number() {
    return {[](std::string& text) {
                std::int64_t number = 0;
                const auto [end, error] =
                    std::from_chars(text.data(), text.data() + text.size(), number);
                const bool good =
                    error == std::errc{} && end == text.data() + text.size() && number >= 0;
                return good ? std::string{} : "'" + text + "' is no id: an id is a whole number";
            },
            "ID"};
}

void add_webhook(CLI::App& app, Parsed& parsed) {
    auto& p = parsed;
    auto* webhook =
        app.add_subcommand("webhook", "Work on the webhooks of the FindFace Lite server");
    webhook->require_subcommand(1);
    add(*webhook, p, Needs::secrets, "list", "List the server's webhooks",
        [&p] { return command_webhook_list(p.command); });
    const auto with_id = [&p](CLI::App* sub) {
        sub->add_option("ID", p.id, "The webhook's id on the server")
            ->required()
            ->check(whole_number());
    };
    const auto with_file = [&p](CLI::App* sub) {
        sub->add_option("FILE", p.file, "The definition as JSON; - is standard input")->required();
    };
    with_id(add(*webhook, p, Needs::secrets, "show", "Show one definition",
                [&p] { return command_webhook_show(p.command, p.id); }));
    with_file(add(*webhook, p, Needs::secrets, "create", "Check a definition and create it",
                  [&p] { return command_webhook_create(p.command, p.file); }));
    auto* update = add(*webhook, p, Needs::secrets, "update",
                       "Check a definition and update the webhook with it",
                       [&p] { return command_webhook_update(p.command, p.id, p.file); });
    with_id(update);
    with_file(update);
    with_id(add(*webhook, p, Needs::secrets, "delete", "Delete a webhook",
                [&p] { return command_webhook_delete(p.command, p.id); }));
}

void add_queue(CLI::App& app, Parsed& parsed) {
    auto& p = parsed;
    auto* queue = app.add_subcommand("queue", "Look into the queue of deliveries, retry and drop");
    queue->require_subcommand(1);
    const auto with_state = [&p](CLI::App* sub) {
        sub->add_option("--state", p.state, "Only these: pending or dead")
            ->check(CLI::IsMember({"pending", "dead"}));
    };
    const auto with_webhook = [&p](CLI::App* sub) {
        sub->add_option("--webhook", p.webhook, "Only those of the webhook with this key");
    };
    const auto which = [&p](CLI::App* sub) {
        sub->add_option("ID", p.ids, "Deliveries")->check(whole_number());
        sub->add_flag("--all", p.all, "All that the other options select");
        // Nothing is retried or dropped by a slip.
        sub->parse_complete_callback([&p, name = "queue " + sub->get_name()] {
            if (p.all == !p.ids.empty()) {
                throw CLI::ValidationError{name, "takes the ids of deliveries, or --all"};
            }
            if (!p.all && !(p.webhook.empty() && p.state.empty())) {
                throw CLI::ValidationError{name, "--webhook and --state go with --all"};
            }
        });
    };
    auto* list = add(*queue, p, Needs::settings, "list", "List deliveries",
                     [&p] { return command_queue_list(p.command, p.selection(), p.limit); });
    with_state(list);
    with_webhook(list);
    list->add_option("--limit", p.limit, "At most so many")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    auto* show =
        add(*queue, p, Needs::settings, "show", "Show one delivery with its event and its attempts",
            [&p] { return command_queue_show(p.command, p.delivery); });
    show->add_option("ID", p.delivery, "The delivery")->required()->check(whole_number());
    auto* retry = add(*queue, p, Needs::settings, "retry",
                      "Dead letters become pending again, pending ones are due now",
                      [&p] { return command_queue_retry(p.command, p.selection()); });
    which(retry);
    with_webhook(retry);
    auto* drop = add(*queue, p, Needs::settings, "drop", "Delete deliveries",
                     [&p] { return command_queue_drop(p.command, p.selection()); });
    which(drop);
    with_webhook(drop);
    with_state(drop);
    auto* dump =
        add(*queue, p, Needs::settings, "export", "Write deliveries with their events as NDJSON",
            [&p] { return command_queue_export(p.command, p.selection()); });
    with_state(dump);
    with_webhook(dump);
}

void add_commands(CLI::App& app, Parsed& parsed) {
    auto& p = parsed;
    add(app, p, Needs::secrets, "run", "Run the service in the foreground",
        [&p] { return run_service(std::move(p.command.config)); });
    add(app, p, Needs::nothing, "check",
        "Check configuration, secrets, files and clock without starting",
        [&p] { return command_check(config_path(p.config), p.command.json); });
    add(app, p, Needs::settings, "status", "Show the state of the running agent",
        [&p] { return command_status(p.command); });
    add_webhook(app, p);
    add(app, p, Needs::settings, "sync",
        "Fetch the server's definitions and read the local file now",
        [&p] { return command_sync(p.command); });
    add(app, p, Needs::settings, "send", "Post events to the running agent",
        [&p] { return command_send(p.command, p.files); })
        ->add_option("FILE", p.files, "JSON, a JSON array or NDJSON; - is standard input")
        ->required();
    auto* explain = add(app, p, Needs::settings, "explain",
                        "Say for each webhook whether an event matches, and if not, why",
                        [&p] { return command_explain(p.command, p.file, p.webhooks_file); });
    explain->add_option("FILE", p.file, "One event as JSON; - is standard input")->required();
    explain->add_option("--webhooks", p.webhooks_file,
                        "Definitions from this file; no agent and no configuration are needed");
    add_queue(app, p);
}

/// --config, --json, --help and --version stand behind every command, as people type them.
void add_everywhere(CLI::App& app, Parsed& parsed) {
    app.set_help_flag("-h,--help", "Show this help");
    app.set_version_flag("--version", std::string{"ffl-agent "} + common::version);
    app.add_option("--config", parsed.config,
                   "INI file (else $FFL_AGENT_CONFIG, else /etc/ffl-agent/agent.ini)")
        ->type_name("FILE");
    app.add_flag("--json", parsed.command.json, "Print one JSON document, as the API has it");
    for (auto* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
        add_everywhere(*sub, parsed);
    }
}

/// A result that nobody can read is no success: an export to a full disk.
int written(int code) {
    std::cout.flush();
    return code == exit_code::done && !std::cout
               ? complain(exit_code::io, "the output could not be written")
               : code;
}

} // namespace

int command_line(int argc, char** argv) {
    CLI::App app{"ffl-agent: FindFace Lite webhooks at the edge, with a queue on disk",
                 "ffl-agent"};
    app.require_subcommand(1);
    app.footer("Exit codes: 0 done, 1 a check failed, 64 usage, 65 bad data or unknown id, 69 "
               "agent or server unreachable,\n"
               "74 I/O, 77 refused by the server, 78 bad configuration.");
    Parsed parsed;
    add_commands(app, parsed);
    add_everywhere(app, parsed);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return written(app.exit(error, std::cout, std::cerr) == 0 ? exit_code::done
                                                                  : exit_code::usage);
    }
    // The usage is judged; now what it needs of the INI file.
    const bool alone = parsed.needs == Needs::nothing || !parsed.webhooks_file.empty();
    if (!alone) {
        auto loaded = load_config(config_path(parsed.config), credentials_directory(),
                                  parsed.needs == Needs::secrets);
        for (const auto& error : loaded.errors) {
            complain(exit_code::bad_config, error);
        }
        if (!loaded.good()) {
            return exit_code::bad_config;
        }
        parsed.command.config = std::move(loaded.config);
    }
    try {
        return written(parsed.run());
    } catch (const std::exception& error) {
        return complain(exit_code::io, error.what());
    }
}

} // namespace agent
