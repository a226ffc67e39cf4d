// HoldTimes: how long the attempts of one webhook hold a connection. One long attempt weighs more
// than the next few short ones, so a target that hangs on every other request counts as slow; some
// twenty short ones in a row make up for a timeout of 10 s. Pure.
#pragma once

#include "common/base/time.hpp"

#include <optional>
#include <set>

namespace agent {

/// What an attempt of a webhook is likely to do to those that wait for its connection, worst first.
enum class Pace {
    silent,   ///< attempts get no HTTP answer
    slow,     ///< an attempt of late took a second or more
    untried,  ///< none has ended yet
    unproven, ///< it is one of the next, but nothing has shown that lately (ConnectionBudget)
    moderate, ///< a tenth of a second or more
    prompt,
};
inline constexpr std::size_t paces = 6;

class HoldTimes {
  public:
    /// An attempt that takes this long is slow.
    static constexpr common::Millis slow{1'000};

    explicit HoldTimes(common::Instant now) : since_{now} {}
    void started(common::Instant now);
    /// The attempt that started at `start` has ended.
    void ended(common::Instant start, common::Instant now);
    /// The attempt that started at `start` could not be made: that says nothing about the target.
    void withdrawn(common::Instant start);

    /// `silent`: whether the webhook's attempts get no answer, whatever time that takes.
    [[nodiscard]] Pace pace(common::Instant now, bool silent) const;
    /// Whose turn it is: the one with the highest. The time since the last start in units of the
    /// time that an attempt takes, so that short attempts seldom wait and long ones not for ever.
    [[nodiscard]] double urgency(common::Instant now) const;
    /// When the oldest attempt in flight started.
    [[nodiscard]] std::optional<common::Instant> oldest_start() const;
    /// When the last attempt ended.
    [[nodiscard]] std::optional<common::Instant> last_end() const { return last_end_; }

  private:
    using Span = common::Instant::duration;
    /// How long an attempt is to be expected to take; nothing if none has ended.
    [[nodiscard]] std::optional<Span> expected(common::Instant now) const;

    common::Instant since_;
    std::multiset<common::Instant> in_flight_; ///< when they started
    std::optional<Span> held_;                 ///< the longest, less for each one since then
    std::optional<common::Instant> last_start_;
    std::optional<common::Instant> last_end_;
};

} // namespace agent
