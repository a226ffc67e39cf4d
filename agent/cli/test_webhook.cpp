#include "agent/cli/test_webhook.hpp"

#include "agent/cli/agent_client.hpp"
#include "agent/cli/event_file.hpp"
#include "agent/cli/event_words.hpp"
#include "agent/cli/output.hpp"
#include "agent/service/exit_codes.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

namespace agent {

namespace {

using nlohmann::json;

constexpr std::chrono::seconds patience{15};
constexpr std::chrono::milliseconds between_looks{50};

/// Whether something has become of it: it ended, or an attempt failed.
bool is_decided(const json& webhook) {
    return webhook.value("state", "") != "waiting" || webhook.value("attempts", 0) > 0;
}

/// The test's only webhook, as the event list has it when something has become of it or nobody
/// waits any longer.
common::Result<json> outcome_of(const Config& config, const json& seq) {
    const auto target = "/v1/events/" + seq.dump();
    for (const auto end = std::chrono::steady_clock::now() + patience;;) {
        auto entry = ask_agent(config, "GET", target);
        if (!entry) {
            return common::fail(entry.error());
        }
        auto webhook = entry->at("webhooks").at(0);
        if (is_decided(webhook) || std::chrono::steady_clock::now() > end) {
            return webhook;
        }
        std::this_thread::sleep_for(between_looks);
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
    if (sent->value("seq", json{}).is_null()) {
        // Without the list nobody knows what became of a delivery that is gone.
        std::cout << (command.json ? sent->dump()
                                   : "sent; [ingest] event_list is 0, so that its "
                                     "outcome is known to the target only")
                  << '\n';
        return exit_code::done;
    }
    const auto outcome = outcome_of(command.config, sent->at("seq"));
    if (!outcome) {
        return complain(outcome.error());
    }
    if (command.json) {
        std::cout << outcome->dump() << '\n';
    } else {
        std::cout << webhook_title(*outcome) << ": " << outcome_words(*outcome) << '\n';
    }
    return outcome->value("state", "") == "delivered" ? exit_code::done : exit_code::check_failed;
}

} // namespace agent
