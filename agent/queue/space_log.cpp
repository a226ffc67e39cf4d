#include "agent/queue/space_log.hpp"

#include "common/base/log.hpp"

namespace agent {

namespace {

// What happens again within this time belongs to the same episode.
constexpr common::Millis episode{60'000};

bool is_over(const std::optional<common::Instant>& last, common::Instant now) {
    return !last || now - *last >= episode;
}

} // namespace

void SpaceLog::refused(const Space& space, common::Instant now) {
    if (full_ || !is_over(full_told_at_, now)) {
        return;
    }
    common::log::warn("the queue is full: refusing new events until deliveries make room",
                      {{"bytes", space.sizes.files()},
                       {"max_size", space.max_size},
                       {"disk_free", space.disk_free},
                       {"min_free", space.min_free}});
    full_ = true;
    full_told_at_ = now;
}

void SpaceLog::accepted() {
    if (full_) {
        common::log::info("the queue accepts events again");
    }
    full_ = false;
}

void SpaceLog::dropped(std::size_t deliveries, std::uint64_t max_size, common::Instant now) {
    if (is_over(dropped_at_, now)) {
        common::log::warn("the queue is full: dropping the oldest deliveries for new ones",
                          {{"dropped", deliveries}, {"max_size", max_size}});
    }
    dropped_at_ = now;
}

void SpaceLog::dropped_dead(std::uint64_t dead_letters, common::Instant now) {
    if (is_over(dropped_dead_at_, now)) {
        common::log::warn("dead letters take too much room: dropping the oldest of them",
                          {{"dropped", dead_letters}});
    }
    dropped_dead_at_ = now;
}

} // namespace agent
