#include "agent/cli/webhook_judgement.hpp"

#include "agent/webhooks/definition_list.hpp"

namespace agent {

namespace {

using Webhooks = std::vector<std::shared_ptr<const Webhook>>;

constexpr std::size_t names_shown = 10;

Webhooks in_state(const Snapshot& snapshot, WebhookState state) {
    Webhooks some;
    for (const auto& webhook : snapshot.webhooks) {
        if (webhook->state == state) {
            some.push_back(webhook);
        }
    }
    return some;
}

/// The keys of local definitions are their names already.
std::string name_of(const Webhook& webhook) {
    return local_name(webhook.key) ? webhook.key : webhook.key + " " + webhook.name;
}

Finding judge_served(const Snapshot& snapshot) {
    const auto served = in_state(snapshot, WebhookState::serving);
    const auto of_all = " of " + std::to_string(snapshot.webhooks.size()) + " webhooks";
    if (snapshot.webhooks.empty()) {
        return {Level::warn, "there are no webhooks: nothing is delivered",
                "create one on the server, by its pages or with ffl-agent webhook create FILE"};
    }
    if (served.empty()) {
        return {Level::warn, "none" + of_all + " is served here: nothing is delivered",
                "the next lines say why"};
    }
    return {Level::ok, std::to_string(served.size()) + of_all +
                           (served.size() == 1 ? " is" : " are") +
                           " served here: " + show_webhooks(served)};
}

} // namespace

std::string show_webhooks(const Webhooks& webhooks) {
    std::string shown;
    for (std::size_t i = 0; i < webhooks.size(); ++i) {
        if (i == names_shown) {
            return shown + " and " + std::to_string(webhooks.size() - i) + " more";
        }
        shown += (i == 0 ? "" : ", ") + name_of(*webhooks[i]);
    }
    return shown;
}

Findings judge_webhooks(const Snapshot& snapshot) {
    Findings found{judge_served(snapshot)};
    if (const auto some = in_state(snapshot, WebhookState::inactive); !some.empty()) {
        found.push_back({Level::ok, "not served, as they are not active: " + show_webhooks(some)});
    }
    if (const auto some = in_state(snapshot, WebhookState::excluded); !some.empty()) {
        found.push_back(
            {Level::ok, "not served, as [webhooks] include and exclude leave them out: " +
                            show_webhooks(some)});
    }
    for (const auto& webhook : snapshot.webhooks) {
        if (local_name(webhook->key)) {
            continue;
        }
        const auto what = "webhook " + name_of(*webhook);
        if (webhook->state == WebhookState::unsupported) {
            found.push_back({Level::warn, what + " is not served: " + webhook->reason,
                             "correct it: ffl-agent webhook update " + webhook->key + " FILE"});
        }
        for (const auto& warning : webhook->warnings) {
            found.push_back({Level::warn, what + ": " + warning,
                             "it is served as written; if that is not meant: ffl-agent webhook "
                             "update " +
                                 webhook->key + " FILE"});
        }
    }
    return found;
}

} // namespace agent
