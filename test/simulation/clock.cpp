#include "test/simulation/clock.hpp"

#include <algorithm>
#include <cstring>

namespace simulation {

using common::Instant;
using common::Millis;

namespace {

constexpr std::int64_t begin_ns = 1'760'000'000'000'000'000; // in October 2025
constexpr Millis start_up{12'000};                           // of the kernel, before the agent

} // namespace

void Clock::boot() {
    ++boots_;
    booted_at_ = world_;
    synchronized_ = boots_ == 1;
}

void Clock::set_synchronized(bool yes) {
    synchronized_ = yes;
    skew_ = yes ? Millis{0} : skew_;
}

std::int64_t Clock::wall_ns() const {
    return begin_ns + std::chrono::nanoseconds{world_ + skew_}.count();
}

std::int64_t Clock::monotonic_ns() const {
    return std::chrono::nanoseconds{world_ - booted_at_ + start_up}.count();
}

Instant Clock::now() const {
    return Instant{std::chrono::nanoseconds{monotonic_ns()}};
}

common::WallTime Clock::wall() const {
    return common::WallTime{std::chrono::duration_cast<common::WallTime::duration>(
        std::chrono::nanoseconds{wall_ns()})};
}

common::Clock::TimerId Clock::call_at(Instant when, std::function<void()> what) {
    timers_.emplace(std::pair{when, ++last_}, std::move(what));
    times_[last_] = when;
    return last_;
}

void Clock::cancel(TimerId timer) {
    if (const auto found = times_.find(timer); found != times_.end()) {
        timers_.erase({found->second, timer});
        times_.erase(found);
    }
}

std::optional<WorldTime> Clock::next() const {
    if (timers_.empty()) {
        return std::nullopt;
    }
    const auto left = timers_.begin()->first.first - now();
    return world_ + std::max(std::chrono::ceil<Millis>(left), Millis{0});
}

bool Clock::fire() {
    if (timers_.empty() || timers_.begin()->first.first > now()) {
        return false;
    }
    const auto first = timers_.begin();
    const auto what = std::move(first->second);
    times_.erase(first->first.second);
    timers_.erase(first);
    what();
    return true;
}

void Clock::fill(void* bytes, std::size_t size) {
    auto* to = static_cast<unsigned char*>(bytes);
    for (std::size_t at = 0; at < size; at += sizeof(std::uint64_t)) {
        const auto bits = random_.bits();
        std::memcpy(to + at, &bits, std::min(size - at, sizeof bits));
    }
}

} // namespace simulation
