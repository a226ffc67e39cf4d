#include "agent/cli/webhooks.hpp"

#include "agent/cli/agent_client.hpp"
#include "agent/cli/blocking.hpp"
#include "agent/cli/output.hpp"
#include "agent/cli/table.hpp"
#include "agent/findface/client.hpp"
#include "agent/service/exit_codes.hpp"
#include "agent/webhooks/definition_list.hpp"
#include "agent/webhooks/webhook_name.hpp"
#include "common/base/printable.hpp"
#include "common/net/masked_url.hpp"
#include "common/text/json.hpp"
#include "common/text/json_names.hpp"

#include <algorithm>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

using common::Fault;
using common::Result;
using common::Task;
using nlohmann::json;

/// Runs one coroutine with a client of the FindFace Lite server.
Result<std::string> with_server(const Config& config,
                                std::function<Task<Result<std::string>>(findface::Client&)> call) {
    if (!config.server.url) {
        return common::fail(
            Fault::config,
            config.path + ": [server] url is empty: this command needs a FindFace Lite server");
    }
    common::asio::io_context loop{1};
    common::SystemClock clock{loop.get_executor()};
    common::PooledClient client{loop.get_executor(), command_client()};
    findface::Client server{loop.get_executor(), clock, client, config};
    return run_task(loop, call(server));
}

/// A target with *** for its login and for the values of its query: what a person saves from here
/// and gives to `webhook update` must not delete them unseen.
std::string masked_target(const std::string& target) {
    const auto url = common::parse_url(target);
    const bool login =
        url ? !url->user.empty() || !url->password.empty() : common::may_have_login(target);
    auto shown = url ? url->shown() : common::masked_text(target);
    return login ? common::with_masked_login(std::move(shown)) : shown;
}

/// Of a target, neither user and password nor the values of its query are ever shown, not even
/// where it is not a valid URL.
json without_secrets(json definition) {
    if (definition.is_object() && definition.contains("target") &&
        definition["target"].is_string()) {
        definition["target"] = masked_target(definition["target"].get<std::string>());
    }
    return definition;
}

int print_definition(const Result<std::string>& received, bool compact) {
    if (!received) {
        return complain(received.error());
    }
    const auto definition = common::parse_json(*received);
    if (!definition) {
        return complain(exit_code::unreachable,
                        "the server's answer is " + definition.error().message);
    }
    const auto text = common::text_of(without_secrets(*definition));
    // The escapes of printable_lines() are those of JSON where JSON itself does not ask for any.
    std::cout << (compact ? text : common::printable_lines(json::parse(text).dump(2))) << '\n';
    return exit_code::done;
}

/// The marks of masked_target() in a definition that somebody gives: they stand for what the target
/// really has there.
void add_masked_parts(const json& definition, std::vector<std::string>& faults) {
    const auto target = definition.find("target");
    if (target == definition.end() || !target->is_string()) {
        return;
    }
    const auto& url = target->get_ref<const std::string&>();
    if (common::has_masked_login(url)) {
        faults.emplace_back("target: found ***@, which is how user and password are shown: "
                            "expected user and password themselves, or no target where it "
                            "is to stay as it is");
    }
    if (common::has_masked_query(url)) {
        faults.emplace_back("target: found *** in its query, which is how other values are shown: "
                            "expected the value itself");
    }
}

/// The text of a definition that follows the manual's rules; the error names every fault, and
/// contradictions are printed as warnings. A patch (`whole` false) may leave fields out.
Result<std::string> checked_definition(const std::string& file, bool whole) {
    auto text = read_input(file);
    if (!text) {
        return common::fail(text.error());
    }
    auto definition = common::parse_json(*text);
    if (!definition) {
        return common::fail(file, definition.error());
    }
    if (const auto name = common::repeated_name(*text)) {
        return common::fail(Fault::input,
                            file + ": an object has " + *name + " twice: expected each name once");
    }
    auto& checked = *definition;
    if (!checked.is_object()) {
        return common::fail(Fault::input,
                            file + ": found " + std::string{common::kind_of(checked)} +
                                ", expected one JSON object as in the manual's example");
    }
    if (!whole) {
        checked.emplace("name", "unchanged");
        checked.emplace("target", "http://unchanged.invalid/");
    }
    auto faults = check_definition(checked);
    add_masked_parts(checked, faults);
    if (!faults.empty()) {
        for (std::size_t i = 0; i + 1 < faults.size(); ++i) {
            complain(exit_code::bad_data, file + ": " + faults[i]);
        }
        return common::fail(Fault::input, file + ": " + faults.back());
    }
    for (const auto& warning : read_webhook("new", checked).warnings) {
        complain(exit_code::done, "warning: " + file + ": " + warning);
    }
    return std::move(*text);
}

bool is_id(const std::string& text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Task<Result<std::string>> list_as_json(findface::Client& server) {
    auto list = co_await server.list();
    if (!list) {
        co_return common::fail(list.error());
    }
    json all = json::array();
    for (const auto& one : *list) {
        all.push_back(without_secrets(json::parse(one.json)));
    }
    co_return all.dump();
}

/// The id on the server of the webhook that a person means. An id is taken as it is.
Task<Result<std::string>> id_of(findface::Client& server, std::string given) {
    if (is_id(given)) {
        co_return given;
    }
    if (local_name(given)) {
        co_return common::fail(Fault::input, given + " is a webhook of the local file: expected " +
                                                 "one of the server, by id or name");
    }
    auto list = co_await server.list();
    if (!list) {
        co_return common::fail(list.error());
    }
    std::vector<WebhookName> names;
    for (const auto& one : *list) {
        names.push_back({one.key, read_webhook(one.key, json::parse(one.json)).name});
    }
    co_return find_webhook(given, names);
}

Task<Result<std::string>> show_webhook(findface::Client& server, std::string given) {
    auto id = co_await id_of(server, std::move(given));
    if (!id) {
        co_return id;
    }
    auto shown = co_await server.show(std::move(*id));
    co_return shown;
}

Task<Result<std::string>> update_webhook(findface::Client& server, std::string given,
                                         std::string definition) {
    auto id = co_await id_of(server, std::move(given));
    if (!id) {
        co_return id;
    }
    auto updated = co_await server.update(std::move(*id), std::move(definition));
    co_return updated;
}

/// Gives the id of what was removed.
Task<Result<std::string>> remove_webhook(findface::Client& server, std::string given) {
    auto id = co_await id_of(server, std::move(given));
    if (!id) {
        co_return id;
    }
    auto removed = co_await server.remove(*id);
    if (!removed) {
        co_return common::fail(removed.error());
    }
    co_return id;
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
    Table table{{{"ID", Column::Fit::whole},
                 "NAME",
                 {"STATE", Column::Fit::whole},
                 {"TARGET", Column::Fit::cut_middle},
                 {"ATTEMPTS", Column::Fit::if_room},
                 "NOTE"}};
    for (const auto& definition : json::parse(*list)) {
        const auto key = server_key(definition);
        const auto webhook = read_webhook(key.value_or("?"), definition);
        const bool served = included(command.config, webhook.name);
        const auto state = served ? webhook.state : WebhookState::excluded;
        table.add({webhook.key,
                   webhook.name,
                   {std::string{to_string(state)}, state == WebhookState::unsupported ? Tone::bad
                                                   : state == WebhookState::serving   ? Tone::good
                                                                                    : Tone::plain},
                   state == WebhookState::unsupported ? "" : webhook.target.shown(),
                   webhook.send_attempts == 0 ? "unlimited" : std::to_string(webhook.send_attempts),
                   short_reason(webhook.reason.empty() && !webhook.warnings.empty()
                                    ? webhook.warnings.front()
                                    : webhook.reason)});
    }
    std::cout << table.text(command.screen);
    return exit_code::done;
}

int command_webhook_show(const Command& command, const std::string& id) {
    const auto text = with_server(
        command.config, [id](findface::Client& server) { return show_webhook(server, id); });
    const int code = print_definition(text, command.json);
    if (code == exit_code::done) {
        for (const auto& fault : check_definition(json::parse(*text))) {
            std::cerr << "ffl-agent: warning: this device does not serve it: " << fault << '\n';
        }
    }
    return code;
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
    return print_definition(with_server(command.config,
                                        [&](findface::Client& server) {
                                            return update_webhook(server, id, *definition);
                                        }),
                            command.json);
}

int command_webhook_delete(const Command& command, const std::string& id) {
    const auto removed = with_server(
        command.config, [id](findface::Client& server) { return remove_webhook(server, id); });
    if (!removed) {
        return complain(removed.error());
    }
    std::cout << (command.json ? json{{"deleted", *removed}}.dump() : "deleted " + *removed)
              << '\n';
    return exit_code::done;
}

} // namespace agent
