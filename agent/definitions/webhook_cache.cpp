#include "agent/definitions/webhook_cache.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <nlohmann/json.hpp>
#include <unordered_map>

namespace agent {

namespace {

using common::Connection;
using common::Result;
using common::Task;

struct Stored {
    std::vector<Definition> list;
    bool fetched = false;
};

Stored read_list_of(Connection& connection) {
    Stored stored;
    auto& fetched = connection.prepared("SELECT 1 FROM meta WHERE key = 'list_fetched'");
    stored.fetched = fetched.executeStep();
    auto& rows = connection.prepared("SELECT key, json FROM webhook ORDER BY position");
    while (rows.executeStep()) {
        stored.list.push_back({rows.getColumn(0).getString(), rows.getColumn(1).getString()});
    }
    return stored;
}

void write_list(Connection& connection, const std::vector<Definition>& list) {
    SQLite::Transaction transaction{connection.handle(), SQLite::TransactionBehavior::IMMEDIATE};
    connection.prepared("DELETE FROM webhook").exec();
    for (std::size_t position = 0; position < list.size(); ++position) {
        auto& put = connection.prepared("INSERT INTO webhook(position, key, json) VALUES(?, ?, ?)");
        put.bind(1, static_cast<std::int64_t>(position));
        put.bind(2, list[position].key);
        put.bind(3, list[position].json);
        put.exec();
    }
    connection.prepared("INSERT OR REPLACE INTO meta(key, value) VALUES('list_fetched', '1')")
        .exec();
    transaction.commit();
}

std::shared_ptr<const Webhook> build(const Definition& definition, const Config& config,
                                     bool from_server) {
    const auto json = nlohmann::json::parse(definition.json, nullptr, false);
    // Bytes that are no JSON (carried over from a damaged database) give an unsupported webhook
    // that says so.
    auto webhook = std::make_shared<Webhook>(
        read_webhook(definition.key, json.is_discarded() ? nlohmann::json{} : json));
    webhook->definition = definition.json;
    webhook->settings = settings_for(config, webhook->name);
    if (from_server && !included(config, webhook->name)) {
        webhook->state = WebhookState::excluded;
        webhook->reason = "left out by webhooks.include or webhooks.exclude";
    }
    return webhook;
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

} // namespace

WebhookCache::WebhookCache(common::Database& database, const Config& config)
    : database_{database}, config_{config} {}

Result<void> WebhookCache::load(std::vector<Definition> local) {
    auto stored = database_.run_now(read_list_of);
    if (!stored) {
        return common::fail("cannot read the webhook definitions", stored.error());
    }
    server_ = std::move(stored->list);
    fetched_ = stored->fetched;
    local_ = std::move(local);
    publish();
    return {};
}

Task<Result<Changes>> WebhookCache::replace_server_list(std::vector<Definition> list) {
    // The same list again is the usual case and no reason to write.
    if (!fetched_ || list != server_) {
        auto write = [list](Connection& connection) { write_list(connection, list); };
        auto job = database_.run(std::move(write));
        const auto written = co_await std::move(job);
        if (!written) {
            co_return common::fail("cannot keep the webhook definitions", written.error());
        }
        server_ = std::move(list);
        fetched_ = true;
    }
    co_return publish();
}

Changes WebhookCache::rebuild(std::vector<Definition> local) {
    local_ = std::move(local);
    return publish();
}

bool WebhookCache::known() const {
    return !config_.server.url || fetched_;
}

Changes WebhookCache::publish() {
    auto next = std::make_shared<Snapshot>();
    // Without a server its old list is history; it stays on disk for the day the server is
    // configured again.
    if (config_.server.url) {
        for (const auto& definition : server_) {
            next->webhooks.push_back(build(definition, config_, true));
        }
    }
    for (const auto& definition : local_) {
        next->webhooks.push_back(build(definition, config_, false));
    }
    auto changes = difference(*snapshot_, *next);
    snapshot_ = std::move(next);
    if (listener_) {
        listener_();
    }
    return changes;
}

} // namespace agent
