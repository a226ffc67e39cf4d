// Events read from the pages of a damaged file, without the tree that leads to them: for a table
// whose upper pages are lost (https://sqlite.org/fileformat2.html#b_tree_pages). Blocking.
#pragma once

#include "agent/store/progress.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace agent {

struct StoredEvent {
    std::int64_t id = 0;
    std::string event_id;
    bool given = false;
    std::int64_t accepted_at = 0;
    std::string body;
    std::string webhooks{}; ///< of a fresh event; else empty
};

/// Calls `each` for whatever looks like a row of `event` or `fresh_event` on a page that the file
/// uses. Pages that cannot be read are passed over.
void read_event_pages(const std::string& path, const Progress& progress,
                      const std::function<void(const StoredEvent&)>& each);

} // namespace agent
