#include "agent/definitions/removal.hpp"

#include <algorithm>
#include <utility>

namespace agent {

namespace {

using common::Fault;
using common::Result;
using common::Task;
using findface::Presence;

constexpr std::size_t most_asked = 20;

/// All of them, or so many from everywhere among them.
std::vector<std::string> sample_of(const std::vector<std::string>& keys) {
    const auto count = std::min(keys.size(), most_asked);
    std::vector<std::string> sample;
    for (std::size_t i = 0; i < count; ++i) {
        sample.push_back(keys[i * keys.size() / count]);
    }
    return sample;
}

} // namespace

Task<Result<void>> confirm_removal(findface::Client& client, Removal removal) {
    if (removal.keys.size() > most_asked && !removal.readings_agree) {
        co_return common::fail(Fault::unreachable,
                               "two readings of the list of webhooks differ, and " +
                                   std::to_string(removal.keys.size()) + " are on neither");
    }
    bool all_gone = true;
    const auto sample = sample_of(removal.keys);
    for (const auto& key : sample) {
        const auto presence = co_await client.presence(key);
        if (!presence) {
            co_return common::fail(presence.error());
        }
        if (*presence == Presence::there) {
            co_return common::fail(Fault::unreachable,
                                   "the list of webhooks breaks off: webhook " + key +
                                       " is not on it, but the server still has it");
        }
        all_gone = all_gone && *presence == Presence::gone;
    }
    if (removal.doubt.empty()) {
        co_return Result<void>{};
    }
    // A server without such a call answers 404 for every webhook.
    if (all_gone && removal.listed) {
        const auto presence = co_await client.presence(*removal.listed);
        if (!presence) {
            co_return common::fail(presence.error());
        }
        if (*presence == Presence::there) {
            co_return Result<void>{};
        }
    }
    co_return common::fail(
        Fault::unreachable,
        "the list of webhooks may break off (" + removal.doubt + "): webhook " +
            removal.keys.front() +
            " is not on it, and the server does not say by itself that it is gone");
}

} // namespace agent
