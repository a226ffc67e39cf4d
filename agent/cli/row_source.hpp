// RowSource: the rows of the queue for the command line, from the running agent or, while the
// service is stopped, from the database itself. Calls block.
#pragma once

#include "agent/config/config.hpp"
#include "agent/store/offline_queue.hpp"
#include "agent/store/row_query.hpp"
#include "common/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace agent {

class RowSource {
  public:
    static common::Result<RowSource> open(const Config& config);

    /// JSON text `{"deliveries":[…],"next":…,"total":…}` as the API answers it; the query's webhook
    /// may be a key or a name.
    common::Result<std::string> page(const RowQuery& query);
    /// Fault::input where there is no such delivery.
    common::Result<std::string> one(std::int64_t id);

    /// Calls `each` with every page, as text and parsed, until query.limit rows or the end are
    /// reached.
    using Each = std::function<common::Result<void>(const std::string&, const nlohmann::json&)>;
    common::Result<void> for_each_page(RowQuery query, const Each& each);

  private:
    explicit RowSource(const Config& config) : config_{&config} {}
    const Config* config_;
    std::unique_ptr<OfflineQueue> offline_;
};

} // namespace agent
