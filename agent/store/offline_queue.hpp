// OfflineQueue: reads the database while the service is stopped, for `queue list`, `queue show` and
// `queue export`. Opens it read-only and writes nothing. Used by the command line, on its only
// thread.
#pragma once

#include "agent/store/listing.hpp"
#include "agent/webhooks/webhook_name.hpp"
#include "common/base/result.hpp"

#include <map>
#include <memory>
#include <string>

namespace agent {

class OfflineQueue {
  public:
    static common::Result<std::unique_ptr<OfflineQueue>> open(const std::string& path);

    /// The JSON text that GET /v1/deliveries would return.
    common::Result<std::string> page(RowQuery query);
    /// The key of the webhook that a person means; see find_webhook().
    common::Result<std::string> webhook(const std::string& given);
    /// Another webhook that may be meant: of the local file, which the database does not hold.
    void also_known(const std::string& key) { names_.emplace(key, std::string{}); }
    /// The JSON text that GET /v1/deliveries/{id} would return; Fault::input if the id is unknown.
    common::Result<std::string> one(std::int64_t id);

  private:
    explicit OfflineQueue(std::unique_ptr<common::Connection> connection)
        : connection_{std::move(connection)} {}
    void read_names();
    [[nodiscard]] std::string name_of(const std::string& key) const;

    std::unique_ptr<common::Connection> connection_;
    std::map<std::string, std::string> names_; ///< by key
    std::int64_t now_ = 0;                     ///< queue time
    common::WallTime wall_{};
};

} // namespace agent
