#include "agent/queue/suspects.hpp"

#include "common/base/log.hpp"

#include <algorithm>
#include <utility>

namespace agent {

namespace {

/// Ends in a row at which one was in hand that is convicted.
constexpr std::uint32_t most_ends = 3;
/// Ends that come closer together than this are in a row.
constexpr common::Millis settled{60'000};
/// What waits for its answer for so long has done no harm: the loop goes on.
constexpr common::Millis harmless_after{2'000};
/// For one whose attempt is not due.
constexpr common::Millis longest_wait{5'000};

} // namespace

void Suspects::begin(const std::string& database) {
    const auto past = notes_.begin(database, clock_.boot_id());
    if (past.ends == 0) {
        return;
    }
    for (const auto& one : past.in_hand) {
        auto& ends = ends_[one.delivery];
        ends = std::max(ends, one.ends);
    }
    for (const auto& [delivery, ends] : ends_) {
        const bool from_the_first = ends + 1 == past.ends; // of which nothing was noted
        if (ends + (from_the_first ? 1 : 0) >= most_ends) {
            convicted_.push_back(delivery);
            notes_.take(delivery, most_ends); // until it is known to be a dead letter
        } else {
            waiting_.push_back(delivery);
        }
    }
    for (const auto delivery : convicted_) {
        ends_.erase(delivery);
    }
    common::log::warn("the last run did not end in order", {{"in_a_row", past.ends},
                                                            {"in_hand", past.in_hand.size()},
                                                            {"dead_letters", convicted_.size()}});
}

void Suspects::start(std::function<void(const std::vector<std::int64_t>&)> free_again) {
    free_again_ = std::move(free_again);
    next_turn();
    settles_ = clock_.call_at(clock_.now() + settled, [this] {
        settles_.reset();
        stop();
        notes_.settle();
        ends_.clear();
        if (const auto freed = std::exchange(waiting_, {}); !freed.empty()) {
            free_again_({freed.begin(), freed.end()});
        }
    });
}

void Suspects::stop() {
    for (auto* timer : {&turn_ends_, &settles_}) {
        if (const auto set = std::exchange(*timer, std::nullopt)) {
            clock_.cancel(*set);
        }
    }
}

void Suspects::end() {
    stop();
    notes_.end();
}

std::vector<std::int64_t> Suspects::left_out() const {
    auto ids = convicted_;
    if (!waiting_.empty()) {
        ids.insert(ids.end(), std::next(waiting_.begin()), waiting_.end());
        std::ranges::sort(ids);
    }
    return ids;
}

void Suspects::next_turn() {
    if (!waiting_.empty()) {
        call_in(longest_wait, false);
    }
}

void Suspects::call_in(common::Millis span, bool harmless) {
    if (turn_ends_) {
        clock_.cancel(*turn_ends_);
    }
    turn_ends_ = clock_.call_at(clock_.now() + span, [this, harmless] {
        turn_ends_.reset();
        turn_is_over(harmless);
    });
}

void Suspects::turn_is_over(bool harmless) {
    const auto one = waiting_.front();
    waiting_.pop_front();
    if (harmless) {
        ends_.erase(one);
        notes_.put_down(one);
    } else {
        waiting_.push_back(one); // it had nothing to do yet
    }
    next_turn();
    if (!waiting_.empty()) {
        free_again_({waiting_.front()});
    }
}

void Suspects::take(std::int64_t delivery) {
    const auto found = ends_.find(delivery);
    notes_.take(delivery, found == ends_.end() ? 0 : found->second);
    if (!waiting_.empty() && waiting_.front() == delivery) {
        call_in(harmless_after, true);
    }
}

void Suspects::put_down(std::int64_t delivery) {
    notes_.put_down(delivery);
    if (waiting_.empty()) {
        return;
    }
    if (waiting_.front() == delivery) {
        call_in(common::Millis{0}, true);
    } else if (std::erase(waiting_, delivery) > 0) {
        ends_.erase(delivery);
    }
}

} // namespace agent
