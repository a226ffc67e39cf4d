#include "agent/cli/events.hpp"

#include "agent/cli/agent_client.hpp"
#include "agent/cli/event_file.hpp"
#include "agent/cli/output.hpp"
#include "agent/cli/screen.hpp"
#include "agent/events/event.hpp"
#include "agent/service/exit_codes.hpp"
#include "agent/webhooks/definition_list.hpp"
#include "agent/webhooks/explanation.hpp"
#include "common/base/printable.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

using common::Result;
using nlohmann::json;

constexpr std::size_t batch_bytes = 1UL << 20;

/// What the agent answered to all batches together.
struct SendTotals {
    std::uint64_t accepted = 0, duplicates = 0, deliveries = 0;
};

Result<void> send_batch(const Config& config, const std::string& body, SendTotals& totals) {
    auto answer = ask_agent(config, "POST", "/v1/events", body);
    if (!answer) {
        return common::fail(answer.error());
    }
    totals.accepted += answer->value("accepted", 0ULL);
    totals.duplicates += answer->value("duplicates", 0ULL);
    totals.deliveries += answer->value("deliveries", 0ULL);
    return {};
}

/// In batches below the agent's max_body; each batch is accepted as a whole or not at all.
Result<void> send_events(const Config& config, const std::vector<std::string_view>& events,
                         SendTotals& totals) {
    if (events.empty()) {
        // An agent that does not answer is noticed all the same.
        return send_batch(config, "[]", totals);
    }
    const auto limit =
        static_cast<std::size_t>(std::min<std::uint64_t>(batch_bytes, config.ingest.max_body));
    std::string body;
    for (const auto event : events) {
        if (!body.empty() && body.size() + event.size() + 2 > limit) {
            if (auto done = send_batch(config, body + "]", totals); !done) {
                return done;
            }
            body.clear();
        }
        body += body.empty() ? '[' : ',';
        body += event;
    }
    return send_batch(config, body + "]", totals);
}

/// The definitions of a file as a snapshot, without agent and configuration. A single object, as in
/// the manual's example, is a list of one.
Result<Snapshot> snapshot_of(const std::string& file) {
    auto text = read_input(file);
    if (!text) {
        return common::fail(text.error());
    }
    const auto whole = json::parse(*text, nullptr, false);
    const bool single = whole.is_object() && whole.contains("target");
    auto list = read_list(single ? "[" + *text + "]" : *text);
    if (!list) {
        return common::fail(file, list.error());
    }
    Snapshot snapshot;
    for (const auto& one : list->definitions) {
        const auto definition = json::parse(one);
        const auto key = server_key(definition);
        const auto name = definition.contains("name") && definition["name"].is_string()
                              ? definition["name"].get<std::string>()
                              : "?";
        snapshot.webhooks.push_back(std::make_shared<const Webhook>(
            read_webhook(key.value_or(local_key(name)), definition)));
    }
    return snapshot;
}

std::string filter_text(const json& failed) {
    auto text = text_or(failed.value("filter", json{}), "?") + " requires " +
                common::printable(failed.at("wanted").dump()) + ", found " +
                common::printable(common::shown(failed.at("found")));
    const auto hint = text_or(failed.value("hint", json{}), "");
    return hint.empty() ? text : text + " (" + hint + ")";
}

/// What would keep an event back that matches; only an agent knows.
std::string obstacles(const json& webhook) {
    std::string text;
    if (const auto left = webhook.value("cooldown_s", json{}); left.is_number()) {
        text += ", but its cooldown keeps it back for " + show_seconds(left);
    }
    if (const auto error = text_or(webhook.value("last_error", json{}), ""); !error.empty()) {
        text += "; its last attempt failed: " + error + "; " +
                std::to_string(webhook.value("pending", 0ULL)) + " pending";
    }
    return text;
}

void print_explanation(const json& explanation, const Screen& screen) {
    if (const auto note = text_or(explanation.value("note", json{}), ""); !note.empty()) {
        std::cout << paragraph("note: ", note, screen);
    }
    if (explanation.value("duplicate", false)) {
        std::cout << paragraph("note: ",
                               "the agent has accepted this event in the last ten minutes: sent "
                               "once more it is a duplicate, which is not delivered again",
                               screen);
    }
    for (const auto& webhook : explanation.at("webhooks")) {
        const auto title = text_or(webhook.value("key", json{}), "?") + " \"" +
                           text_or(webhook.value("name", json{}), "") + "\": ";
        if (webhook.value("matches", false)) {
            std::cout << toned(paragraph(title, "matches" + obstacles(webhook), screen), Tone::good,
                               screen);
            continue;
        }
        std::cout << paragraph(title, "does not match: " + filter_text(webhook.at("failed")),
                               screen);
        for (const auto& other : webhook.value("also_failed", json::array())) {
            std::cout << paragraph("    nor ", filter_text(other), screen);
        }
    }
    if (explanation.at("webhooks").empty()) {
        std::cout << "there are no webhooks\n";
    }
}

Result<json> explain_alone(const Event& event, std::string_view text,
                           const std::string& webhooks_file) {
    auto snapshot = snapshot_of(webhooks_file);
    if (!snapshot) {
        return common::fail(snapshot.error());
    }
    return explanation_json(*snapshot, event, text);
}

} // namespace

int command_send(const Command& command, const std::vector<std::string>& files, bool exported) {
    const auto form = exported ? EventForm::exported : EventForm::events;
    // All files are validated before the first event is sent.
    std::vector<std::string> texts;
    std::vector<std::vector<std::string_view>> events;
    texts.reserve(files.size());
    for (const auto& file : files) {
        auto text = read_input(file);
        if (!text) {
            return complain(text.error());
        }
        auto parts = events_of(file, texts.emplace_back(std::move(*text)), form);
        if (!parts) {
            return complain(parts.error());
        }
        events.push_back(std::move(*parts));
    }
    SendTotals totals;
    for (const auto& of_file : events) {
        if (auto done = send_events(command.config, of_file, totals); !done) {
            const auto before = totals.accepted == 0 ? ""
                                                     : "after " + std::to_string(totals.accepted) +
                                                           " accepted events: ";
            return complain(exit_code::of(done.error()), before + done.error().message);
        }
    }
    if (command.json) {
        std::cout << json{{"accepted", totals.accepted},
                          {"duplicates", totals.duplicates},
                          {"deliveries", totals.deliveries}}
                         .dump()
                  << '\n';
    } else {
        std::cout << "accepted " << totals.accepted << ", duplicates " << totals.duplicates
                  << ", deliveries " << totals.deliveries << '\n';
    }
    return exit_code::done;
}

int command_explain(const Command& command, const std::string& file,
                    const std::string& webhooks_file) {
    auto text = read_input(file);
    if (!text) {
        return complain(text.error());
    }
    const auto one = one_event_of(file, *text);
    if (!one) {
        return complain(one.error());
    }
    const auto event = read_event(*one);
    auto explanation = webhooks_file.empty()
                           ? ask_agent(command.config, "POST", "/v1/explain", std::string{*one})
                           : explain_alone(*event, *one, webhooks_file);
    if (!explanation) {
        return complain(explanation.error());
    }
    if (command.json) {
        std::cout << explanation->dump() << '\n';
    } else {
        print_explanation(*explanation, command.screen);
    }
    return exit_code::done;
}

} // namespace agent
