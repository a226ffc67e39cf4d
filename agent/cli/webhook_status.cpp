#include "agent/cli/webhook_status.hpp"

#include "agent/cli/agent_client.hpp"
#include "agent/cli/output.hpp"
#include "agent/cli/screen.hpp"
#include "agent/service/exit_codes.hpp"
#include "agent/webhooks/webhook_name.hpp"
#include "common/base/printable.hpp"

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

namespace agent {

namespace {

using nlohmann::json;

// What comes first; the rest follows as the agent sends it.
constexpr std::string_view first_fields[]{"key",       "name",    "state",  "reason",
                                          "warnings",  "target",  "active", "matched",
                                          "delivered", "pending", "dead",   "failed"};

std::string words_of(const json& value) {
    if (value.is_boolean()) {
        return value.get<bool>() ? "yes" : "no";
    }
    return value.is_string() ? value.get<std::string>() : value.dump();
}

Tone tone_of(std::string_view field, const json& value) {
    return field == "reason" || field == "last_error" ? Tone::bad
           : field == "warnings"                      ? Tone::warning
           : field == "state" && value == "serving"   ? Tone::good
                                                      : Tone::plain;
}

/// A line a field; none for what is null or empty.
std::string field_text(std::string_view field, const json& value, const Screen& screen) {
    constexpr std::size_t label_width = 14;
    // Seconds are shown as spans, and their unit is not part of the name.
    const bool is_span = field.ends_with("_s") && value.is_number();
    auto label = common::printable(is_span ? field.substr(0, field.size() - 2) : field);
    std::ranges::replace(label, '_', ' ');
    label.append(label.size() < label_width ? label_width - label.size() : 2, ' ');
    if (value.is_null() || value == "") {
        return {};
    }
    if (value.is_array()) {
        std::string text;
        for (const auto& one : value) {
            text += field_text(field, one, screen);
        }
        return text;
    }
    return toned(paragraph(label,
                           is_span ? show_seconds(value) : common::printable(words_of(value)),
                           screen),
                 tone_of(field, value), screen);
}

std::string webhook_text(const json& webhook, const Screen& screen) {
    std::string text;
    for (const auto field : first_fields) {
        if (const auto found = webhook.find(field); found != webhook.end()) {
            text += field_text(field, *found, screen);
        }
    }
    for (const auto& [field, value] : webhook.items()) {
        if (std::ranges::find(first_fields, field) == std::end(first_fields)) {
            text += field_text(field, value, screen);
        }
    }
    return text;
}

} // namespace

int command_webhook_status(const Command& command, const std::string& given) {
    const auto status = ask_agent(command.config, "GET", "/v1/status");
    if (!status) {
        return complain(status.error());
    }
    const auto& webhooks = status->at("webhooks");
    std::vector<WebhookName> names;
    for (const auto& webhook : webhooks) {
        names.push_back({webhook.value("key", ""), webhook.value("name", "")});
    }
    const auto key = find_webhook(given, names);
    if (!key) {
        return complain(key.error());
    }
    const auto webhook = std::ranges::find_if(
        webhooks, [&](const json& one) { return one.value("key", "") == *key; });
    if (command.json) {
        std::cout << webhook->dump() << '\n';
    } else {
        std::cout << webhook_text(*webhook, command.screen);
    }
    return exit_code::done;
}

} // namespace agent
