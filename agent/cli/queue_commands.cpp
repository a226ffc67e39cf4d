#include "agent/cli/queue_commands.hpp"

#include "agent/cli/queue.hpp"
#include "common/text/invalid.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <vector>

namespace agent {

namespace {

struct Options {
    std::string state, webhook;
    std::vector<std::int64_t> ids;
    std::int64_t delivery = 0;
    std::size_t limit = 100;
    bool all = false, yes = false;

    [[nodiscard]] Selection selection() const {
        return {ids, parse_state(state), webhook.empty() ? std::nullopt : std::optional{webhook}};
    }
};

void add_state(CLI::App& sub, Options& options) {
    sub.add_option("--state", options.state, "Only deliveries in this state")
        ->type_name("pending|dead")
        ->check(validator("--state", common::one_of({"pending", "dead"}),
                          [](const std::string& text) { return parse_state(text).has_value(); }));
}

void add_webhook(CLI::App& sub, Options& options) {
    sub.add_option("--webhook", options.webhook, "Only deliveries to the webhook with this key")
        ->type_name("KEY")
        ->check(validator("--webhook", "a webhook's key, as status shows it",
                          [](const std::string& text) { return !text.empty(); }));
}

void add_selection(CLI::App& sub, Options& options) {
    sub.add_option("ID", options.ids, "The ids of deliveries")
        ->type_name("")
        ->check(id_validator());
    sub.add_flag("--all", options.all, "All deliveries, or all that the other options select");
    // Nothing is retried or dropped by a slip.
    sub.parse_complete_callback([&options, name = "queue " + sub.get_name()] {
        if (options.all == !options.ids.empty()) {
            throw CLI::ValidationError{name, "expected either the ids of deliveries or --all"};
        }
        if (!options.all && !(options.webhook.empty() && options.state.empty())) {
            throw CLI::ValidationError{name, "--webhook and --state can only be used with --all"};
        }
    });
}

} // namespace

void add_queue_commands(CLI::App& app, CommandLine& line) {
    const auto& command = line.command;
    const auto options = std::make_shared<Options>();
    auto* queue = app.add_subcommand("queue", "Inspect, retry and drop deliveries in the queue");
    queue->require_subcommand(1);
    auto* list =
        add_command(*queue, line, Needs::queue, "list", "List deliveries", [&command, options] {
            return command_queue_list(command, options->selection(), options->limit);
        });
    add_state(*list, *options);
    add_webhook(*list, *options);
    constexpr std::int64_t most = 1'000'000;
    list->add_option("--limit", options->limit, "Maximum number of rows")
        ->type_name("N")
        ->check(whole_number("--limit", 1, most))
        ->capture_default_str();
    auto* show = add_command(
        *queue, line, Needs::queue, "show", "Show one delivery with its event and its attempts",
        [&command, options] { return command_queue_show(command, options->delivery); });
    show->add_option("ID", options->delivery, "The delivery's id")
        ->required()
        ->type_name("")
        ->check(id_validator());
    auto* retry = add_command(
        *queue, line, Needs::agent, "retry",
        "Make dead letters pending again and pending deliveries due now",
        [&command, options] { return command_queue_retry(command, options->selection()); });
    add_selection(*retry, *options);
    add_webhook(*retry, *options);
    auto* drop =
        add_command(*queue, line, Needs::agent, "drop", "Delete deliveries", [&command, options] {
            return command_queue_drop(command, options->selection(), options->yes);
        });
    add_selection(*drop, *options);
    add_webhook(*drop, *options);
    add_state(*drop, *options);
    drop->add_flag("-y,--yes", options->yes,
                   "Do not ask first (without a terminal nothing is asked)");
    auto* dump = add_command(
        *queue, line, Needs::queue, "export", "Write deliveries with their events as NDJSON",
        [&command, options] { return command_queue_export(command, options->selection()); });
    add_state(*dump, *options);
    add_webhook(*dump, *options);
}

} // namespace agent
