// OpenAttempts: the attempts of a lane that are in flight and may be given up for other webhooks:
// those of webhooks whose attempts are not limited, for a limited one has a right to its time. Each
// time one is given up, the next may take twice as long, so that a target that is only slow is not
// cut off for ever. Loop thread.
#pragma once

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/http_client/http_client.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <unordered_set>

namespace agent {

class OpenAttempts {
  public:
    static constexpr common::Millis least_patience{1'000};

    /// `delivery` is its id; `cancel` ends the attempt, but not before it returns.
    void started(std::int64_t delivery, common::Instant now, std::function<void()> cancel);
    /// `answered`: there was a reply. Returns whether the attempt was given up.
    bool ended(std::int64_t delivery, bool answered);
    /// From when on the oldest may be given up.
    [[nodiscard]] std::optional<common::Instant> can_give_up() const;
    void give_up_oldest();

  private:
    struct Attempt {
        common::Instant start;
        std::function<void()> cancel;
    };
    std::map<std::int64_t, Attempt> attempts_; ///< by delivery
    std::unordered_set<std::int64_t> given_up_;
    common::Millis patience_ = least_patience;
};

/// The reply to the request; nothing when the coroutine was cancelled before it came.
common::Task<std::optional<common::Result<common::HttpReply>>>
reply_unless_cancelled(common::HttpClient& client, common::HttpRequest request);

/// The error of an attempt that was given up. Its request was sent, so it counts as an attempt.
common::Error given_up_after(common::Instant::duration span);

} // namespace agent
