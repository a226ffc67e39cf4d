#include "common/async/clock.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/system/system_error.hpp>
#include <fstream>
#include <sys/timex.h>

namespace common {

DeviceTime device_time(const Clock& clock) {
    const auto since = clock.wall().time_since_epoch();
    return {std::chrono::floor<std::chrono::seconds>(since).count(), clock.synchronized()};
}

Instant SystemClock::now() const {
    return std::chrono::steady_clock::now();
}

WallTime SystemClock::wall() const {
    return std::chrono::system_clock::now();
}

bool SystemClock::synchronized() const {
    // Asked after each attempt, and the answer changes once in a boot.
    if (const auto current = now(); current >= ask_kernel_at_) {
        ask_kernel_at_ = current + Millis{1'000};
        timex state{};
        // -1 where a sandbox forbids the call: the time then counts as not synchronized.
        const int result = ::adjtimex(&state);
        synchronized_ = result >= 0 && result != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
    }
    return synchronized_;
}

std::string SystemClock::boot_id() const {
    std::ifstream file{"/proc/sys/kernel/random/boot_id"};
    std::string id;
    std::getline(file, id);
    return id;
}

Clock::TimerId SystemClock::call_at(Instant when, std::function<void()> what) {
    const auto id = ++last_;
    auto& timer = timers_.emplace(id, asio::steady_timer{executor_, when}).first->second;
    timer.async_wait([this, id, what = std::move(what)](boost::system::error_code cancelled) {
        if (!cancelled && timers_.erase(id) == 1) {
            what();
        }
    });
    return id;
}

void SystemClock::cancel(TimerId timer) {
    timers_.erase(timer);
}

void Wakeup::notify() {
    notified_ = true;
    gate_.cancel();
}

Task<> Wakeup::wait() {
    while (!notified_) {
        co_await gate_.async_wait(asio::as_tuple(asio::use_awaitable));
        // Both notify() and a cancellation of the coroutine end the wait.
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) {
            throw boost::system::system_error{asio::error::operation_aborted};
        }
    }
    notified_ = false;
}

Task<> Wakeup::wait_until(Instant when) {
    struct Alarm {
        Clock& clock;
        Clock::TimerId id;
        ~Alarm() { clock.cancel(id); }
    };
    const auto id = clock_.call_at(when, [this] { notify(); });
    const Alarm alarm{clock_, id};
    co_await wait();
}

Task<> sleep_for(Clock& clock, Millis span) {
    auto executor = co_await asio::this_coro::executor;
    Wakeup alarm{executor, clock};
    co_await alarm.wait_until(clock.now() + span);
}

} // namespace common
