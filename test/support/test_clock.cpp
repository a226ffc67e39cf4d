#include "test/support/test_clock.hpp"

namespace test {

common::Clock::TimerId TestClock::call_at(common::Instant when, std::function<void()> what) {
    timers_.emplace(std::pair{when, ++last_}, std::move(what));
    return last_;
}

void TestClock::cancel(TimerId timer) {
    std::erase_if(timers_, [timer](const auto& entry) { return entry.first.second == timer; });
}

void TestClock::settle() {
    loop_.restart();
    while (loop_.poll() != 0) {
        loop_.restart();
    }
}

void TestClock::advance(common::Millis span) {
    const auto end = now_ + span;
    settle();
    while (!timers_.empty() && timers_.begin()->first.first <= end) {
        const auto first = timers_.begin();
        const auto when = std::max(now_, first->first.first);
        wall_ += std::chrono::duration_cast<common::WallTime::duration>(when - now_);
        now_ = when;
        const auto what = std::move(first->second);
        timers_.erase(first);
        what();
        settle();
    }
    wall_ += std::chrono::duration_cast<common::WallTime::duration>(end - now_);
    now_ = end;
    settle();
}

} // namespace test
