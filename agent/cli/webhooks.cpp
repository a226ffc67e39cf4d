#include "agent/cli/agent_client.hpp"
#include "agent/cli/commands.hpp"
#include "agent/definitions/webhook_cache.hpp"
#include "agent/findface/client.hpp"
#include "agent/service/exit_codes.hpp"
#include "agent/webhooks/definition_list.hpp"
#include "common/text/json.hpp"

#include <iostream>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

using common::Fault;
using common::Result;
using common::Task;
using nlohmann::json;

/// Targets may hold a user and a password; those are without_password nowhere, not even where the
/// target is no good URL.
json without_password(json definition) {
    if (!definition.is_object() || !definition.contains("target") ||
        !definition["target"].is_string()) {
        return definition;
    }
    auto target = definition["target"].get<std::string>();
    const auto slashes = target.find("//");
    const auto user = slashes == std::string::npos ? 0 : slashes + 2;
    const auto url = common::parse_url(target);
    if (url && !(url->user.empty() && url->password.empty())) {
        definition["target"] = url->shown();
    } else if (const auto at = target.rfind('@'); !url && at != std::string::npos && at >= user) {
        definition["target"] = target.erase(user, at + 1 - user);
    }
    return definition;
}

int print_definition(const Result<std::string>& text, bool compact) {
    if (!text) {
        return complain(text.error());
    }
    const auto definition = common::parse_json(*text);
    if (!definition) {
        return complain(exit_code::unreachable,
                        "the server's answer is " + definition.error().message);
    }
    std::cout << without_password(*definition).dump(compact ? -1 : 2) << '\n';
    return exit_code::done;
}

/// A definition that keeps the manual's rules; each fault is printed, and each contradiction warned
/// of. A patch may leave fields out.
Result<std::string> checked_definition(const std::string& file, bool whole) {
    auto text = read_input(file);
    if (!text) {
        return common::fail(text.error());
    }
    auto definition = common::parse_json(*text);
    if (!definition) {
        return common::fail(file, definition.error());
    }
    auto& judged = *definition;
    if (!judged.is_object()) {
        return common::fail(
            Fault::input,
            file + ": a definition is one JSON object, like the example on the manual's page");
    }
    if (!whole) {
        judged.emplace("name", "unchanged");
        judged.emplace("target", "http://unchanged.invalid/");
    }
    const auto faults = check_definition(judged);
    if (!faults.empty()) {
        std::string all = file + ": ";
        for (const auto& fault : faults) {
            all += (&fault == &faults.front() ? "" : "\nffl-agent: " + file + ": ") + fault;
        }
        return common::fail(Fault::input, std::move(all));
    }
    for (const auto& warning : read_webhook("new", judged).warnings) {
        std::cerr << "ffl-agent: warning: " << file << ": " << warning << '\n';
    }
    return std::move(*text);
}

Task<Result<std::string>> list_as_json(findface::Client& server) {
    auto call = server.list();
    auto list = co_await std::move(call);
    if (!list) {
        co_return common::fail(list.error());
    }
    json all = json::array();
    for (const auto& one : *list) {
        all.push_back(without_password(json::parse(one.json)));
    }
    co_return all.dump();
}

Task<Result<std::string>> remove_webhook(findface::Client& server, std::string id) {
    auto call = server.remove(std::move(id));
    auto removed = co_await std::move(call);
    if (!removed) {
        co_return common::fail(removed.error());
    }
    co_return std::string{};
}

} // namespace

int command_webhook_list(const Command& command) {
    auto list = with_server(command.config, list_as_json);
    if (!list) {
        return complain(list.error());
    }
    if (command.json) {
        std::cout << *list << '\n';
        return exit_code::done;
    }
    std::vector<std::vector<std::string>> rows{
        {"ID", "NAME", "STATE", "TARGET", "ATTEMPTS", "NOTE"}};
    for (const auto& definition : json::parse(*list)) {
        const auto key = server_key(definition);
        const auto webhook = read_webhook(key.value_or("?"), definition);
        const bool served = included(command.config, webhook.name);
        rows.push_back(
            {webhook.key, webhook.name,
             std::string{served ? to_string(webhook.state) : to_string(WebhookState::excluded)},
             webhook.state == WebhookState::unsupported ? "" : webhook.target.shown(),
             webhook.send_attempts == 0 ? "unlimited" : std::to_string(webhook.send_attempts),
             webhook.reason.empty() && !webhook.warnings.empty() ? webhook.warnings.front()
                                                                 : webhook.reason});
    }
    print_table(rows);
    return exit_code::done;
}

int command_webhook_show(const Command& command, const std::string& id) {
    return print_definition(
        with_server(command.config, [id](findface::Client& server) { return server.show(id); }),
        command.json);
}

int command_webhook_create(const Command& command, const std::string& file) {
    auto definition = checked_definition(file, true);
    if (!definition) {
        return complain(definition.error());
    }
    return print_definition(
        with_server(command.config,
                    [&](findface::Client& server) { return server.create(*definition); }),
        command.json);
}

int command_webhook_update(const Command& command, const std::string& id, const std::string& file) {
    auto definition = checked_definition(file, false);
    if (!definition) {
        return complain(definition.error());
    }
    return print_definition(
        with_server(command.config,
                    [&](findface::Client& server) { return server.update(id, *definition); }),
        command.json);
}

int command_webhook_delete(const Command& command, const std::string& id) {
    const auto removed = with_server(
        command.config, [id](findface::Client& server) { return remove_webhook(server, id); });
    if (!removed) {
        return complain(removed.error());
    }
    std::cout << (command.json ? json{{"deleted", id}}.dump() : "deleted " + id) << '\n';
    return exit_code::done;
}

} // namespace agent
