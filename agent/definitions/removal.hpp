// Removal: the last question before webhooks count as removed, which turns their deliveries into
// dead letters. Loop thread.
#pragma once

#include "agent/findface/client.hpp"

#include <string>
#include <vector>

namespace agent {

struct Removal {
    std::vector<std::string> keys;       ///< on neither reading of the server's list
    bool readings_agree = false;         ///< both have the same webhooks
    std::string doubt;                   ///< FetchedList::doubt of either
    std::optional<std::string> listed{}; ///< the key of a webhook that is on the list
};

/// Asks the server for each of the webhooks by itself; for more than 20 two readings must agree and
/// 20 of them are asked for. Where it has no such call two readings are enough, unless there is
/// doubt whether the list was whole. Error: they do not count as removed, because one is still
/// there, or it cannot be found out.
common::Task<common::Result<void>> confirm_removal(findface::Client& client, Removal removal);

} // namespace agent
