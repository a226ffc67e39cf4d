#include "agent/cli/trial_commands.hpp"

#include "agent/cli/demo.hpp"
#include "agent/cli/receive.hpp"
#include "agent/cli/test_webhook.hpp"

#include <CLI/CLI.hpp>
#include <memory>

namespace agent {

namespace {

constexpr std::int64_t highest_port = 65535;

void add_demo(CLI::App& app, CommandLine& line) {
    const auto options = std::make_shared<DemoOptions>();
    auto* demo = add_command(app, line, Needs::nothing, "demo",
                             "Try the agent out: with sample webhooks, a receiver and a camera, in "
                             "memory, until Ctrl-C",
                             [options] { return command_demo(*options); });
    demo->add_option("--port", options->port, "The agent's port (default: 8093, or a free one)")
        ->type_name("PORT")
        ->check(whole_number("--port", 1, highest_port));
    demo->add_flag("!--no-events", options->with_events, "Send no sample events");
}

void add_receive(CLI::App& app, CommandLine& line) {
    const auto options = std::make_shared<ReceiveOptions>();
    auto* receive = add_command(
        app, line, Needs::nothing, "receive",
        "Print callbacks as they arrive on a port of this machine, until Ctrl-C",
        [&command = line.command, options] { return command_receive(command, *options); });
    receive->add_option("--port", options->port, "0 picks a free one (default: 8094)")
        ->type_name("PORT")
        ->check(whole_number("--port", 0, highest_port));
    receive
        ->add_option("--secret-file", options->secret_file,
                     "Check signatures with the whsec_ secrets in this file")
        ->type_name("FILE")
        ->check(not_empty("--secret-file", "the path of a file"));
    receive->add_option("--status", options->status, "The status of each answer (default: 200)")
        ->type_name("STATUS")
        ->check(whole_number("--status", 200, 599));
}

void add_test(CLI::App& app, CommandLine& line) {
    struct Options {
        std::string webhook, file;
    };
    const auto options = std::make_shared<Options>();
    auto* test = add_command(app, line, Needs::agent, "test",
                             "Send a test event to one webhook and show what becomes of it",
                             [&command = line.command, options] {
                                 return command_test(command, options->webhook, options->file);
                             });
    test->add_option("WEBHOOK", options->webhook, "Its key or name")
        ->required()
        ->type_name("")
        ->check(not_empty("WEBHOOK", "a webhook's key or name, as status shows it"));
    test->add_option("FILE", options->file,
                     "The event as JSON (- for standard input; default: a sample that fits)")
        ->type_name("")
        ->check(not_empty("FILE", "the path of a file, or - for standard input"));
}

} // namespace

void add_trial_commands(CLI::App& app, CommandLine& line) {
    add_test(app, line);
    add_demo(app, line);
    add_receive(app, line);
}

} // namespace agent
