#include "agent/queue/commit_plan.hpp"

#include <algorithm>

namespace agent {

namespace {

/// On a slow disk it is worth waiting for those whom the last commit answered, but not for long:
/// they may have nothing more to send.
common::Instant followers_awaited(const LastCommit& last) {
    constexpr common::Instant::duration longest = common::Millis{3};
    return last.followed >= last.answered ? last.ended
                                          : last.ended + std::min(last.took / 8, longest);
}

/// When the next group is to be written, if nothing else happens.
std::optional<common::Instant> write_time(const CommitState& state) {
    if (state.flush_wanted) {
        return state.now;
    }
    if (state.degraded) {
        // Also with nothing to write: only writing shows whether the database works again.
        return state.requests_since ? state.now : state.retry_at;
    }
    std::optional<common::Instant> when;
    if (state.requests_since) {
        when = state.group_is_full ? state.now
                                   : std::max(*state.requests_since + state.commit_window,
                                              followers_awaited(state.last));
    }
    if (state.outcomes_since) {
        const auto latest =
            state.outcomes_are_many ? state.now : *state.outcomes_since + outcome_delay;
        when = std::min(when.value_or(latest), latest);
    }
    return when;
}

} // namespace

CommitPlan plan_commit(const CommitState& state) {
    using Phase = CommitState::Phase;
    CommitPlan plan;
    plan.refuse = state.degraded && state.now < state.retry_at;
    if (state.phase != Phase::running) {
        plan.probe = true;
        plan.write = state.phase == Phase::stopping || (state.requests_since && !state.degraded);
        return plan;
    }
    plan.probe = state.degraded;
    const auto when = write_time(state);
    plan.write = when && *when <= state.now;
    if (!plan.write) {
        plan.wake_at = when;
    }
    return plan;
}

} // namespace agent
