// OwnFaults: the webhooks whose deliveries wait because this device cannot make their attempts: no
// descriptor, memory or port is free, a TLS file cannot be read, the clock is not synchronised. It
// says when to try again, and logs each such fault once when it begins and once when it is over.
// Shared by all lanes, as the cause is. Loop thread; nothing survives a restart, and nothing needs
// to: no attempt was made.
#pragma once

#include "agent/webhooks/webhook.hpp"
#include "common/async/clock.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace agent {

class OwnFaults {
  public:
    explicit OwnFaults(common::Clock& clock) : clock_{clock} {}

    /// An attempt could not be made. The webhook waits for 1 s, at the next times for longer, up to
    /// 10 s. Those that fail while it waits anyway change nothing.
    void failed(const Webhook& webhook, const std::string& error);
    /// An attempt was made, whatever came of it.
    void attempted(const std::string& webhook);
    /// Forgets the webhooks that are not wanted: they are gone, or no longer served.
    void retain(const std::function<bool(const std::string& webhook)>& wanted);

    /// When to try again; the past for a webhook that does not wait.
    [[nodiscard]] common::Instant retry_at(const std::string& webhook) const;

  private:
    struct Waiting {
        common::Instant until;
        std::uint32_t failures = 0;
        std::string error;
    };
    /// From the first webhook that fails for this reason until none waits for it any more.
    struct Trouble {
        common::Instant since;
        std::set<std::string> webhooks;
        bool logged = false;
    };
    void leave(const std::string& error, const std::string& webhook);

    common::Clock& clock_;
    std::map<std::string, Waiting> waiting_;           ///< by webhook
    std::map<std::string, Trouble> troubles_;          ///< by error
    std::map<std::string, common::Instant> logged_at_; ///< by error: the last beginning
};

} // namespace agent
