#include "agent/cli/drop_question.hpp"

#include "agent/cli/agent_client.hpp"
#include "agent/store/delivery_id.hpp"
#include "agent/webhooks/webhook_name.hpp"
#include "common/text/invalid.hpp"
#include "common/text/json.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace agent {

namespace {

using common::Result;
using nlohmann::json;

/// The deliveries that the selection covers, by counts of GET /v1/status.
std::uint64_t covered(const Selection& selection, const json& counts) {
    const auto in = [&](DeliveryState state, const char* key) {
        return selection.state.value_or(state) == state ? counts.value(key, 0ULL) : 0;
    };
    return in(DeliveryState::pending, "pending") + in(DeliveryState::dead, "dead");
}

/// Counts the deliveries of a webhook that is in no status, because it was removed.
Result<std::uint64_t> counted(const Config& config, const Selection& selection) {
    std::string target =
        "/v1/deliveries?limit=1000&webhook=" +
        boost::urls::encode(selection.webhook.value_or(""), boost::urls::unreserved_chars);
    if (selection.state) {
        target += "&state=" + std::string{to_string(*selection.state)};
    }
    std::uint64_t count = 0;
    for (std::string after = "0"; after != "null";) {
        const auto page = ask_agent(config, "GET", target + "&after=" + after);
        if (!page) {
            return common::fail(page.error());
        }
        count += page->at("deliveries").size();
        after = page->at("next").dump();
    }
    return count;
}

/// "17 deliveries: 12 of "7" "door", 5 of webhooks that were removed".
Result<std::string> covered_in_words(const Config& config, const Selection& selection) {
    if (!selection.ids.empty()) {
        std::vector<std::string> ids;
        for (const auto id : selection.ids) {
            ids.push_back(shown_delivery(id));
        }
        return ids.size() == 1
                   ? "delivery " + ids[0]
                   : std::to_string(ids.size()) + " deliveries: " + common::joined(ids, ", ");
    }
    const std::string state =
        selection.state ? std::string{to_string(*selection.state)} + " " : std::string{};
    const auto status = ask_agent(config, "GET", "/v1/status");
    if (!status) {
        return common::fail(status.error());
    }
    const auto all = covered(selection, status->at("queue"));
    std::vector<WebhookName> names;
    for (const auto& webhook : status->at("webhooks")) {
        names.push_back({webhook.value("key", ""), webhook.value("name", "")});
    }
    // A webhook that is in no status may have been removed; counted() refuses one that never was.
    const auto key =
        selection.webhook ? find_webhook(*selection.webhook, names) : common::Result<std::string>{};
    std::uint64_t known = 0;
    std::vector<std::string> parts;
    for (const auto& webhook : status->at("webhooks")) {
        const auto count = covered(selection, webhook);
        known += count;
        if (count > 0 && (!selection.webhook || (key && *key == webhook.value("key", "")))) {
            parts.push_back(std::to_string(count) + " of " +
                            common::shown(webhook.value("key", json{})) + " " +
                            common::shown(webhook.value("name", json{})));
        }
    }
    if (selection.webhook && parts.empty()) {
        const auto count = counted(config, selection);
        if (!count) {
            return common::fail(count.error());
        }
        parts.push_back(std::to_string(*count) + " of " + common::shown(json(*selection.webhook)));
    }
    if (selection.webhook) {
        return "all " + state + "deliveries of one webhook: " + parts[0];
    }
    if (all > known) {
        parts.push_back(std::to_string(all - known) + " of webhooks that were removed");
    }
    return "all " + std::to_string(all) + " " + state + "deliveries" +
           (parts.empty() ? "" : ": " + common::joined(parts, ", "));
}

} // namespace

Result<bool> asked_to_drop(const Config& config, const Selection& selection) {
    const auto what = covered_in_words(config, selection);
    if (!what) {
        return common::fail(what.error());
    }
    std::cerr << "This deletes " << *what
              << ".\nWhat is deleted cannot be brought back. Delete? [y/N] " << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "y" || answer == "Y" || answer == "yes" || answer == "Yes";
}

} // namespace agent
