#include "agent/cli/queue_commands.hpp"

#include "agent/cli/queue.hpp"
#include "agent/store/delivery_id.hpp"
#include "common/text/invalid.hpp"
#include "common/text/values.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <vector>

namespace agent {

namespace {

struct QueueOptions {
    std::string state, webhook, delivery, event, since, error, order{to_string(RowOrder::newest)};
    std::vector<std::string> ids;
    std::size_t limit = 100;
    bool all = false, yes = false, clock = false;

    [[nodiscard]] Selection selection() const {
        Selection selection{
            {}, parse_state(state), webhook.empty() ? std::nullopt : std::optional{webhook}};
        for (const auto& id : ids) {
            selection.ids.push_back(parse_delivery(id).value_or(0));
        }
        return selection;
    }
    [[nodiscard]] RowQuery query() const {
        RowQuery query;
        query.selection = selection();
        query.limit = limit;
        query.order = parse_order(order).value_or(RowOrder::newest);
        query.event_id = event;
        query.error = error;
        if (!since.empty()) {
            query.max_age = *common::parse_duration(since);
        }
        return query;
    }
};

void add_state(CLI::App& sub, QueueOptions& options) {
    sub.add_option("--state", options.state, "Only deliveries in this state")
        ->type_name("pending|dead")
        ->check(validator("--state", common::one_of({"pending", "dead"}),
                          [](const std::string& text) { return parse_state(text).has_value(); }));
}

void add_webhook(CLI::App& sub, QueueOptions& options) {
    sub.add_option("--webhook", options.webhook, "Only deliveries to this webhook, by key or name")
        ->type_name("WEBHOOK")
        ->check(not_empty("--webhook", "a webhook's key or name, as status shows it"));
}

void add_selection(CLI::App& sub, QueueOptions& options) {
    sub.add_option("ID", options.ids, "The ids of deliveries")
        ->type_name("")
        ->check(validator("ID", std::string{delivery_id_form}, [](const std::string& text) {
            return parse_delivery(text).has_value();
        }));
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

void add_list_options(CLI::App& list, QueueOptions& options) {
    constexpr std::int64_t most = 1'000'000;
    list.add_option("--event", options.event, "Only deliveries of the event with this id")
        ->type_name("ID")
        ->check(not_empty("--event", "an event's id"));
    list.add_option("--since", options.since, "Only deliveries accepted within this time")
        ->type_name("TIME")
        ->check(validator("--since", "a time such as 10m, 2h or 7d", [](const std::string& text) {
            return common::parse_duration(text).has_value();
        }));
    list.add_option("--error", options.error, "Only deliveries whose last error has this in it")
        ->type_name("TEXT")
        ->check(not_empty("--error", "a part of an error"));
    list.add_option("--order", options.order, "Which come first")
        ->type_name("newest|oldest")
        ->check(validator("--order", common::one_of({"newest", "oldest"}),
                          [](const std::string& text) { return parse_order(text).has_value(); }))
        ->capture_default_str();
    list.add_option("--limit", options.limit, "Maximum number of rows; 0: all")
        ->type_name("N")
        ->check(whole_number("--limit", 0, most))
        ->capture_default_str();
    list.add_flag("--time", options.clock, "Show when each was accepted instead of its age");
}

} // namespace

void add_queue_commands(CLI::App& app, CommandLine& line) {
    const auto& command = line.command;
    const auto options = std::make_shared<QueueOptions>();
    auto* queue = app.add_subcommand("queue", "Inspect, retry and drop deliveries in the queue");
    queue->require_subcommand(1);
    auto* list =
        add_command(*queue, line, Needs::queue, "list", "List deliveries", [&command, options] {
            return command_queue_list(command, options->query(),
                                      options->clock ? TimeForm::clock : TimeForm::age);
        });
    add_state(*list, *options);
    add_webhook(*list, *options);
    add_list_options(*list, *options);
    auto* show = add_command(
        *queue, line, Needs::queue, "show", "Show one delivery with its event and its attempts",
        [&command, options] { return command_queue_show(command, options->delivery); });
    show->add_option("ID", options->delivery,
                     "The delivery's id, or its event's where that has only one")
        ->required()
        ->type_name("")
        ->check(not_empty("ID", "the id of a delivery or of an event"));
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
