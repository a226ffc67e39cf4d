#include "agent/cli/test_webhook.hpp"

#include "agent/cli/agent_client.hpp"
#include "agent/cli/event_file.hpp"
#include "agent/cli/event_words.hpp"
#include "agent/cli/output.hpp"
#include "agent/service/exit_codes.hpp"
#include "agent/store/delivery_id.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

namespace agent {

namespace {

using common::Result;
using nlohmann::json;

constexpr std::chrono::seconds result_patience{15};
constexpr std::chrono::milliseconds between_looks{50};
/// The state of a delivery that is no longer in the queue, where nothing remembers why.
constexpr const char* gone = "gone";

/// Whether something has become of it: it ended, or an attempt failed.
bool is_decided(const json& webhook) {
    return webhook.value("state", "") != "waiting" || webhook.value("attempts", 0) > 0;
}

/// The test's only webhook as the event list has it.
Result<json> listed_outcome(const Config& config, const json& sent) {
    auto entry = ask_agent(config, "GET", "/v1/events/" + sent.at("seq").dump());
    return entry ? Result<json>{entry->at("webhooks").at(0)} : entry;
}

/// The same as far as the queue knows it: nothing of a delivery that is over.
Result<json> queued_outcome(const Config& config, const json& sent) {
    const auto& id = sent.at("delivery");
    const auto reply = call_agent(config, "GET", "/v1/deliveries/" + id.dump());
    if (!reply) {
        return common::fail(reply.error());
    }
    if (reply->status == 404) {
        return json{{"key", sent.at("webhook")}, {"state", gone}, {"delivery", id}};
    }
    if (reply->status / 100 != 2) {
        return common::fail(reply_error(*reply));
    }
    auto row = parse_answer(reply->body);
    if (!row) {
        return row;
    }
    json webhook{{"key", row->at("webhook")},
                 {"state", row->at("state") == "dead" ? "dead" : "waiting"},
                 {"delivery", id}};
    for (const auto* same : {"name", "attempts", "last_status", "last_error", "next_attempt_s"}) {
        if (const auto value = row->find(same); value != row->end()) {
            webhook[same] = *value;
        }
    }
    return webhook;
}

/// What has become of it, or where it stands when nobody waits any longer.
Result<json> outcome_of(const Config& config, const json& sent) {
    const auto look = sent.value("seq", json{}).is_null() ? queued_outcome : listed_outcome;
    for (const auto end = std::chrono::steady_clock::now() + result_patience;;) {
        auto webhook = look(config, sent);
        if (!webhook || is_decided(*webhook) || std::chrono::steady_clock::now() > end) {
            return webhook;
        }
        std::this_thread::sleep_for(between_looks);
    }
}

void print_outcome(const json& outcome, bool in_list) {
    const auto id = shown_delivery(outcome.value("delivery", std::int64_t{0}));
    std::cout << webhook_title(outcome) << ": ";
    if (outcome.value("state", "") == gone) {
        std::cout << "delivery " << id << " has left the queue: delivered, unless it expired or "
                  << "was dropped (with [ingest] event_list = 0 nothing remembers which)\n";
        return;
    }
    std::cout << outcome_words(outcome) << '\n';
    if (!in_list) {
        std::cout << "delivery " << id << ": see `ffl-agent queue show " << id << "`\n";
    }
}

} // namespace

int command_test(const Command& command, const std::string& webhook, const std::string& file) {
    std::string event;
    if (!file.empty()) {
        auto text = read_input(file);
        if (!text) {
            return complain(text.error());
        }
        // An empty body would ask the agent for a sample, which nobody meant who named a file.
        const auto one = one_event_of(file, *text);
        if (!one) {
            return complain(one.error());
        }
        event = *one;
    }
    const auto target =
        "/v1/webhooks/" + boost::urls::encode(webhook, boost::urls::unreserved_chars) + "/test";
    const auto sent = ask_agent(command.config, "POST", target, std::move(event));
    if (!sent) {
        return complain(sent.error());
    }
    const auto outcome = outcome_of(command.config, *sent);
    if (!outcome) {
        return complain(outcome.error());
    }
    if (command.json) {
        std::cout << outcome->dump() << '\n';
    } else {
        print_outcome(*outcome, !sent->value("seq", json{}).is_null());
    }
    const auto state = outcome->value("state", "");
    return state == "delivered" || state == gone ? exit_code::done : exit_code::check_failed;
}

} // namespace agent
