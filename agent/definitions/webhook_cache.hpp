// WebhookCache: the webhook definitions that this device serves, the server's and the local ones,
// in memory as an immutable snapshot that coroutines take and keep as long as they like. Loop
// thread. The server's list survives restarts: the last good one serves from the first second.
//
// This folder obtains the definitions (local file, fetching, cache) and makes webhooks of them. It
// uses agent/findface, agent/store, agent/config and agent/webhooks; it does not know the queue.
#pragma once

#include "agent/config/config.hpp"
#include "agent/webhooks/definition_list.hpp"
#include "agent/webhooks/webhook_index.hpp"
#include "common/sqlite/database.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace agent {

struct StoredDefinitions;

/// Keys of webhooks, as POST /v1/sync returns them.
struct Changes {
    std::vector<std::string> added, changed, removed;
    [[nodiscard]] bool empty() const { return added.empty() && changed.empty() && removed.empty(); }
    void append(const Changes& later);
};

/// What a device with this configuration makes of the server's definitions and the local ones.
Snapshot snapshot_of(std::vector<Definition> server, std::vector<Definition> local,
                     const Config& config);

class WebhookCache {
  public:
    /// `config` must outlive the cache; it is read at each rebuild.
    WebhookCache(common::Database& database, const Config& config);

    /// Blocking, at start: the server's list as it was last fetched, and `local`.
    /// After an error `local` serves alone, until the list can be read.
    common::Result<void> load(std::vector<Definition> local);
    /// After load() failed: tries again, unless the list was fetched in the meantime.
    common::Task<common::Result<void>> load_late();

    /// The keys of the server's stored list that `list` lacks, which would count as removed.
    [[nodiscard]] std::vector<std::string> missing_in(const std::vector<Definition>& list) const;
    /// The server's whole list was fetched: replaces the stored list in one transaction, then the
    /// snapshot. After an error nothing has changed.
    common::Task<common::Result<Changes>> replace_server_list(std::vector<Definition> list);
    /// The local file or the INI file was read again: publishes a new snapshot. The `config` passed
    /// to the constructor must hold the new values already.
    Changes rebuild(std::vector<Definition> local);

    /// Never null.
    [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const { return index_->snapshot(); }
    /// Of the snapshot. Never null.
    [[nodiscard]] std::shared_ptr<const WebhookIndex> index() const { return index_; }
    /// Whether the definitions are known: without a server always, otherwise once its list was
    /// fetched, now or in an earlier run.
    [[nodiscard]] bool known() const;

    /// Called on the loop after each new snapshot.
    void on_change(std::function<void()> listener) { listener_ = std::move(listener); }

  private:
    Changes publish();
    void take(StoredDefinitions stored);

    common::Database& database_;
    const Config& config_;
    std::vector<Webhook> server_,
        local_; ///< as read_webhook() returns them, before the INI applies
    bool fetched_ = false;
    bool loaded_ = false; ///< the list on disk was read
    std::shared_ptr<const WebhookIndex> index_ =
        std::make_shared<WebhookIndex>(std::make_shared<const Snapshot>());
    std::function<void()> listener_;
};

} // namespace agent
