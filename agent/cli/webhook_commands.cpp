#include "agent/cli/webhook_commands.hpp"

#include "agent/cli/webhooks.hpp"

#include <CLI/CLI.hpp>
#include <memory>

namespace agent {

namespace {

struct WebhookOptions {
    std::string id, file;
};

void add_id(CLI::App& sub, WebhookOptions& options) {
    sub.add_option("WEBHOOK", options.id, "The webhook's id or name on the server")
        ->required()
        ->type_name("")
        ->check(not_empty("WEBHOOK", "a webhook's id or name"));
}

void add_file(CLI::App& sub, WebhookOptions& options) {
    sub.add_option("FILE", options.file, "The definition as JSON (- for standard input)")
        ->required()
        ->type_name("")
        ->check(not_empty("FILE", "the path of a file, or - for standard input"));
}

} // namespace

void add_webhook_commands(CLI::App& app, CommandLine& line) {
    const auto& command = line.command;
    const auto options = std::make_shared<WebhookOptions>();
    auto* webhook =
        app.add_subcommand("webhook", "Manage the webhooks of the FindFace Lite server");
    webhook->require_subcommand(1);
    add_command(*webhook, line, Needs::server, "list", "List the server's webhooks",
                [&command] { return command_webhook_list(command); });
    auto* show =
        add_command(*webhook, line, Needs::server, "show", "Show one definition",
                    [&command, options] { return command_webhook_show(command, options->id); });
    add_id(*show, *options);
    auto* create = add_command(
        *webhook, line, Needs::server, "create", "Validate a definition and create the webhook",
        [&command, options] { return command_webhook_create(command, options->file); });
    add_file(*create, *options);
    auto* update =
        add_command(*webhook, line, Needs::server, "update",
                    "Validate a definition and update the webhook", [&command, options] {
                        return command_webhook_update(command, options->id, options->file);
                    });
    add_id(*update, *options);
    add_file(*update, *options);
    auto* remove =
        add_command(*webhook, line, Needs::server, "delete", "Delete a webhook",
                    [&command, options] { return command_webhook_delete(command, options->id); });
    add_id(*remove, *options);
}

} // namespace agent
