#include "agent/cli/event_commands.hpp"

#include "agent/cli/event_list.hpp"
#include "agent/cli/events.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <vector>

namespace agent {

namespace {

constexpr const char* file_form = "the path of a file, or - for standard input";

struct SendOptions {
    std::vector<std::string> files;
    bool exported = false;
};

struct ExplainOptions {
    std::string file, webhooks_file, event;
};

void add_send(CLI::App& app, CommandLine& line) {
    const auto options = std::make_shared<SendOptions>();
    auto* send = add_command(app, line, Needs::agent, "send", "Post events to the running agent",
                             [&command = line.command, options] {
                                 return command_send(command, options->files, options->exported);
                             });
    send->add_option("FILE", options->files, "JSON, a JSON array or NDJSON (- for standard input)")
        ->required()
        ->type_name("")
        ->check(not_empty("FILE", file_form));
    send->add_flag("--from-export", options->exported,
                   "The files are of `queue export`: send each event in them once more");
}

void add_explain(CLI::App& app, CommandLine& line) {
    const auto options = std::make_shared<ExplainOptions>();
    const auto run = [&command = line.command, options] {
        return options->event.empty()
                   ? command_explain(command, options->file, options->webhooks_file)
                   : command_explain_event(command, options->event);
    };
    auto* explain =
        add_command(app, line, Needs::agent, "explain",
                    "Show for each webhook whether an event matches and, if not, why", run);
    explain->callback([&line, options, run] {
        line.needs = options->webhooks_file.empty() ? Needs::agent : Needs::nothing;
        line.run = run;
    });
    auto* file =
        explain->add_option("FILE", options->file, "One event as JSON (- for standard input)");
    file->type_name("")->check(not_empty("FILE", file_form));
    auto* webhooks =
        explain
            ->add_option("--webhooks", options->webhooks_file,
                         "Use the definitions of this file; needs no agent and no configuration")
            ->type_name("FILE")
            ->check(not_empty("--webhooks", file_form));
    explain
        ->add_option("--event", options->event,
                     "What became of an event that the agent got: its id, or its number in "
                     "`ffl-agent events`")
        ->type_name("ID")
        ->check(not_empty("--event", "an event's id, or its number in `ffl-agent events`"))
        ->excludes(file)
        ->excludes(webhooks);
    explain->parse_complete_callback([options] {
        if (options->file.empty() && options->event.empty()) {
            throw CLI::RequiredError{"FILE or --event"};
        }
    });
}

void add_events(CLI::App& app, CommandLine& line) {
    const auto options = std::make_shared<EventsOptions>();
    auto* events = add_command(
        app, line, Needs::agent, "events",
        "Show the last events and what became of each for each webhook",
        [&command = line.command, options] { return command_events(command, *options); });
    events->add_flag("-f,--follow", options->follow, "Go on as events arrive");
    events->add_option("--camera", options->camera, "Only events of this camera")
        ->type_name("N")
        ->check(whole_number("--camera", INT64_MIN, INT64_MAX));
    events->add_option("--webhook", options->webhook, "Only what became of them for this webhook")
        ->type_name("KEY|NAME")
        ->check(not_empty("--webhook", "a webhook's key or name, as status shows it"));
    constexpr std::int64_t most = 1'000;
    events->add_option("--limit", options->limit, "Maximum number of events, the last ones")
        ->type_name("N")
        ->check(whole_number("--limit", 1, most))
        ->capture_default_str();
}

} // namespace

void add_event_commands(CLI::App& app, CommandLine& line) {
    add_send(app, line);
    add_explain(app, line);
    add_events(app, line);
}

} // namespace agent
