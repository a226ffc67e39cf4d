#include "agent/definitions/webhook_cache.hpp"

#include "agent/store/definition_rows.hpp"
#include "common/base/log.hpp"
#include "common/text/invalid.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <unordered_set>

namespace agent {

namespace {

using common::Connection;
using common::Result;
using common::Task;

std::vector<Webhook> read_webhooks(std::vector<Definition> list) {
    std::vector<Webhook> webhooks;
    webhooks.reserve(list.size());
    for (auto& [key, text] : list) {
        auto json = nlohmann::json::parse(text, nullptr, false);
        if (json.is_discarded()) {
            // Salvaged from a damaged database: becomes an unsupported webhook that says so.
            json = nullptr;
        }
        webhooks.push_back(read_webhook(std::move(key), json));
        webhooks.back().definition = std::move(text);
    }
    return webhooks;
}

bool same(const std::vector<Webhook>& webhooks, const std::vector<Definition>& list) {
    return std::equal(webhooks.begin(), webhooks.end(), list.begin(), list.end(),
                      [](const Webhook& webhook, const Definition& definition) {
                          return webhook.key == definition.key &&
                                 webhook.definition == definition.json;
                      });
}

std::shared_ptr<Webhook> configured(const Webhook& webhook, const Config& config) {
    auto copy = std::make_shared<Webhook>(webhook);
    copy->settings = settings_for(config, copy->name);
    return copy;
}

Snapshot configured_all(const std::vector<Webhook>& server, const std::vector<Webhook>& local,
                        const Config& config) {
    Snapshot all;
    // Without a server its old list does not count, but it stays on disk in case the server is
    // configured again.
    if (config.server.url) {
        for (const auto& definition : server) {
            auto webhook = configured(definition, config);
            if (!included(config, webhook->name)) {
                webhook->state = WebhookState::excluded;
                webhook->reason = "excluded by webhooks.include or webhooks.exclude";
            }
            all.webhooks.push_back(std::move(webhook));
        }
    }
    for (const auto& definition : local) {
        all.webhooks.push_back(configured(definition, config));
    }
    return all;
}

bool same(const Webhook& a, const Webhook& b) {
    return a.definition == b.definition && a.state == b.state && a.reason == b.reason &&
           a.name == b.name && a.settings == b.settings;
}

/// Takes the webhooks that are the same as before from there, so that whoever keeps an older
/// snapshot shares them. Returns whether nothing else is left of `next`.
bool share_unchanged(const Snapshot& before, Snapshot& next) {
    std::unordered_map<std::string_view, const std::shared_ptr<const Webhook>*> old;
    for (const auto& webhook : before.webhooks) {
        old.emplace(webhook->key, &webhook);
    }
    for (auto& webhook : next.webhooks) {
        const auto found = old.find(webhook->key);
        if (found != old.end() && same(**found->second, *webhook)) {
            webhook = *found->second;
        }
    }
    return before.webhooks == next.webhooks;
}

Changes difference(const Snapshot& before, const Snapshot& after) {
    std::unordered_map<std::string_view, const Webhook*> old;
    for (const auto& webhook : before.webhooks) {
        old.emplace(webhook->key, webhook.get());
    }
    Changes changes;
    for (const auto& webhook : after.webhooks) {
        const auto found = old.find(webhook->key);
        if (found == old.end()) {
            changes.added.push_back(webhook->key);
            continue;
        }
        if (found->second->definition != webhook->definition ||
            found->second->state != webhook->state) {
            changes.changed.push_back(webhook->key);
        }
        old.erase(found);
    }
    for (const auto& webhook : before.webhooks) {
        if (old.contains(webhook->key)) {
            changes.removed.push_back(webhook->key);
        }
    }
    return changes;
}

/// What a removal takes away ends as dead letters, so a person must be able to read which it was.
void log_removed(const Snapshot& before, const std::vector<std::string>& removed) {
    constexpr std::size_t most = 20;
    std::vector<std::string> names;
    for (const auto& key : removed) {
        if (names.size() == most) {
            names.push_back("and " + std::to_string(removed.size() - most) + " more");
            break;
        }
        const auto webhook = before.find(key);
        names.push_back(key + " " + common::shown(nlohmann::json(webhook ? webhook->name : "")));
    }
    common::log::info("webhooks removed", {{"webhooks", common::joined(names, ", ")}});
}

} // namespace

Snapshot snapshot_of(std::vector<Definition> server, std::vector<Definition> local,
                     const Config& config) {
    return configured_all(read_webhooks(std::move(server)), read_webhooks(std::move(local)),
                          config);
}

void Changes::append(const Changes& later) {
    for (const auto part : {&Changes::added, &Changes::changed, &Changes::removed}) {
        auto& keys = this->*part;
        keys.insert(keys.end(), (later.*part).begin(), (later.*part).end());
    }
}

WebhookCache::WebhookCache(common::Database& database, const Config& config)
    : database_{database}, config_{config} {}

Result<void> WebhookCache::load(std::vector<Definition> local) {
    auto stored = database_.run_now(read_definitions);
    if (stored) {
        take(std::move(*stored));
    }
    rebuild(std::move(local));
    if (!stored) {
        return common::fail("cannot read the webhook definitions", stored.error());
    }
    return {};
}

void WebhookCache::take(StoredDefinitions stored) {
    server_ = read_webhooks(std::move(stored.list));
    fetched_ = stored.fetched;
    loaded_ = true;
}

Task<Result<void>> WebhookCache::load_late() {
    if (loaded_ || fetched_) {
        co_return Result<void>{};
    }
    auto stored = co_await database_.run(read_definitions);
    if (!stored) {
        co_return common::fail("cannot read the webhook definitions", stored.error());
    }
    if (!loaded_ && !fetched_) { // meanwhile
        take(std::move(*stored));
        publish();
    }
    co_return Result<void>{};
}

std::vector<std::string> WebhookCache::missing_in(const std::vector<Definition>& list) const {
    std::unordered_set<std::string_view> keys;
    for (const auto& definition : list) {
        keys.insert(definition.key);
    }
    std::vector<std::string> missing;
    for (const auto& webhook : server_) {
        if (!keys.contains(webhook.key)) {
            missing.push_back(webhook.key);
        }
    }
    return missing;
}

Task<Result<Changes>> WebhookCache::replace_server_list(std::vector<Definition> list) {
    // Usually the list is the same as before: nothing to write, nothing to parse.
    if (!fetched_ || !same(server_, list)) {
        auto write = [list](Connection& connection) { write_definitions(connection, list); };
        const auto written = co_await database_.run(std::move(write));
        if (!written) {
            co_return common::fail("cannot store the webhook definitions", written.error());
        }
        server_ = read_webhooks(std::move(list));
        fetched_ = true;
    }
    co_return publish();
}

Changes WebhookCache::rebuild(std::vector<Definition> local) {
    local_ = read_webhooks(std::move(local));
    return publish();
}

bool WebhookCache::known() const {
    return !config_.server.url || fetched_;
}

Changes WebhookCache::publish() {
    auto next = std::make_shared<Snapshot>(configured_all(server_, local_, config_));
    const auto before = snapshot();
    auto changes = difference(*before, *next);
    if (!changes.removed.empty()) {
        log_removed(*before, changes.removed);
    }
    if (!share_unchanged(*before, *next)) {
        index_ = std::make_shared<const WebhookIndex>(std::move(next));
    }
    if (listener_) {
        listener_();
    }
    return changes;
}

} // namespace agent
