// WebhookCache: the webhook definitions. On disk (server's list, as it was last fetched whole) and
// in memory as an immutable snapshot that the loop's coroutines take and keep as long as they like.
// Survives restarts: the last good list serves from the first second.
#pragma once

#include "agent/config/config.hpp"
#include "agent/webhooks/definition_list.hpp"
#include "agent/webhooks/webhook.hpp"
#include "common/sqlite/database.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace agent {

/// Keys, as POST /v1/sync answers them.
struct Changes {
    std::vector<std::string> added, changed, removed;
};

class WebhookCache {
  public:
    /// `config` must outlive the cache; it is read at each rebuild.
    WebhookCache(common::Database& database, const Config& config);

    /// Blocking, at start: the server's list as it was last fetched, with `local` beside it.
    common::Result<void> load(std::vector<Definition> local);

    /// The server's list was fetched whole: replaces the old one in one transaction, then the
    /// snapshot. On an error nothing changed.
    common::Task<common::Result<Changes>> replace_server_list(std::vector<Definition> list);
    /// The local file or the INI was read again: a new snapshot. `config` passed at construction
    /// holds the new values already.
    Changes rebuild(std::vector<Definition> local);

    /// Never null.
    [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const { return snapshot_; }
    /// Whether there is something to decide by: standalone, or the server's list was fetched once,
    /// now or in an earlier run.
    [[nodiscard]] bool known() const;

    /// Called after each change of the snapshot, on the loop.
    void on_change(std::function<void()> listener) { listener_ = std::move(listener); }

  private:
    Changes publish();

    common::Database& database_;
    const Config& config_;
    std::vector<Definition> server_, local_;
    bool fetched_ = false;
    std::shared_ptr<const Snapshot> snapshot_ = std::make_shared<Snapshot>();
    std::function<void()> listener_;
};

} // namespace agent
