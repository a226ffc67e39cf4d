#include "agent/delivery/lane_plan.hpp"

#include <initializer_list>

namespace agent {

namespace {

using common::Instant;

bool may_probe(const LaneSituation& lane, Instant now) {
    return !lane.probing && now >= lane.probe_at;
}

bool may_read_retries(const LaneSituation& lane, Instant now) {
    if (!lane.next_retry || now < *lane.next_retry || now < lane.read_retries_at) {
        return false;
    }
    // During silence, one retry at a time is enough: the probe.
    return !lane.silent || (!lane.has_retry && may_probe(lane, now));
}

bool may_start_fresh(const LaneSituation& lane) {
    return lane.has_fresh && (!lane.silent || lane.fresh_in_flight == 0);
}

bool may_start_retry(const LaneSituation& lane, Instant now) {
    return lane.has_retry && (!lane.silent || may_probe(lane, now));
}

/// The plan without wake_at, if the time were `now`. It must depend on `now` only by comparing it
/// with the times that make_plan() goes through.
LanePlan plan_at(const LaneSituation& lane, Instant now) {
    if (!lane.serving) {
        return {};
    }
    return {lane.wants_fresh && now >= lane.read_fresh_at, may_read_retries(lane, now),
            may_start_fresh(lane), may_start_retry(lane, now), std::nullopt};
}

} // namespace

LanePlan make_plan(const LaneSituation& lane) {
    const auto now = plan_at(lane, lane.now);
    auto plan = now;
    for (const auto when : {lane.read_fresh_at, lane.next_retry.value_or(lane.now),
                            lane.read_retries_at, lane.probe_at}) {
        const bool earlier = when > lane.now && (!plan.wake_at || when < *plan.wake_at);
        if (earlier && plan_at(lane, when) != now) {
            plan.wake_at = when;
        }
    }
    return plan;
}

} // namespace agent
