#include "agent/cli/event_commands.hpp"

#include "agent/cli/events.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <vector>

namespace agent {

namespace {

struct SendOptions {
    std::vector<std::string> files;
    bool exported = false;
};

struct ExplainOptions {
    std::string file, webhooks_file;
};

void add_send(CLI::App& app, CommandLine& line) {
    const auto options = std::make_shared<SendOptions>();
    auto* send = add_command(app, line, Needs::agent, "send", "Post events to the running agent",
                             [&command = line.command, options] {
                                 return command_send(command, options->files, options->exported);
                             });
    send->add_option("FILE", options->files, "JSON, a JSON array or NDJSON (- for standard input)")
        ->required()
        ->type_name("");
    send->add_flag("--from-export", options->exported,
                   "The files are of `queue export`: send each event in them once more");
}

void add_explain(CLI::App& app, CommandLine& line) {
    const auto options = std::make_shared<ExplainOptions>();
    const auto run = [&command = line.command, options] {
        return command_explain(command, options->file, options->webhooks_file);
    };
    auto* explain =
        add_command(app, line, Needs::agent, "explain",
                    "Show for each webhook whether an event matches and, if not, why", run);
    explain->callback([&line, options, run] {
        line.needs = options->webhooks_file.empty() ? Needs::agent : Needs::nothing;
        line.run = run;
    });
    explain->add_option("FILE", options->file, "One event as JSON (- for standard input)")
        ->required()
        ->type_name("");
    explain
        ->add_option("--webhooks", options->webhooks_file,
                     "Use the definitions of this file; needs no agent and no configuration")
        ->type_name("FILE");
}

} // namespace

void add_event_commands(CLI::App& app, CommandLine& line) {
    add_send(app, line);
    add_explain(app, line);
}

} // namespace agent
