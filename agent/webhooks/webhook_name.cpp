#include "agent/webhooks/webhook_name.hpp"

#include "agent/webhooks/definition_list.hpp"
#include "agent/webhooks/webhook.hpp"
#include "common/text/invalid.hpp"
#include "common/text/json.hpp"

#include <algorithm>

namespace agent {

namespace {

using common::Fault;

constexpr std::size_t most_listed = 20;

/// `7 "front door"`; a local webhook's key has its name in it.
std::string described(const WebhookName& webhook) {
    return webhook.name.empty() || local_name(webhook.key) == webhook.name
               ? webhook.key
               : webhook.key + " " + common::shown(nlohmann::json(webhook.name));
}

std::string unknown_webhook(std::string_view given, const std::vector<WebhookName>& known) {
    std::vector<std::string> words;
    std::vector<std::string> listed;
    for (const auto& one : known) {
        // Of two numbers neither is a misspelling of the other.
        if (local_name(one.key)) {
            words.push_back(one.key);
        }
        if (!one.name.empty()) {
            words.push_back(one.name);
        }
        if (listed.size() < most_listed) {
            listed.push_back(described(one));
        }
    }
    const auto near = common::nearest(given, words);
    auto text = "there is no webhook " + common::shown(nlohmann::json(given)) + ": " +
                (near.empty() ? "" : "did you mean " + common::shown(nlohmann::json(near)) + "? ");
    if (known.empty()) {
        return text + "there are none";
    }
    text += "expected a key or a name of: " + common::joined(listed, ", ");
    return known.size() > most_listed
               ? text + " and " + std::to_string(known.size() - most_listed) + " more"
               : text;
}

} // namespace

std::vector<WebhookName> names_of(const Snapshot& snapshot) {
    std::vector<WebhookName> names;
    for (const auto& webhook : snapshot.webhooks) {
        names.push_back({webhook->key, webhook->name});
    }
    return names;
}

common::Result<std::string> find_webhook(std::string_view given,
                                         const std::vector<WebhookName>& known) {
    if (std::ranges::find(known, given, &WebhookName::key) != known.end()) {
        return std::string{given};
    }
    std::vector<std::string> keys;
    for (const auto& one : known) {
        if (!given.empty() && one.name == given) {
            keys.push_back(one.key);
        }
    }
    if (keys.size() == 1) {
        return keys.front();
    }
    if (keys.empty()) {
        return common::fail(Fault::input, unknown_webhook(given, known));
    }
    return common::fail(Fault::input, "the name " + common::shown(nlohmann::json(given)) +
                                          " is that of " + std::to_string(keys.size()) +
                                          " webhooks: expected a key, " + common::one_of(keys));
}

} // namespace agent
