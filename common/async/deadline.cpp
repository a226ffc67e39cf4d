#include "common/async/deadline.hpp"

namespace common {

struct Deadline::State : std::enable_shared_from_this<State> {
    State(const Executor& executor, std::function<void()> action)
        : timer{executor}, on_passed{std::move(action)} {}

    void arm(Instant time);
    void fired(Instant time);

    asio::steady_timer timer;
    std::function<void()> on_passed;
    Instant when = never;
    Instant armed = never; ///< when the timer fires
    bool passed = false;
};

void Deadline::State::arm(Instant time) {
    armed = time;
    timer.expires_at(time);
    timer.async_wait([weak = weak_from_this(), time](boost::system::error_code stopped) {
        const auto self = weak.lock();
        if (self && !stopped) {
            self->fired(time);
        }
    });
}

void Deadline::State::fired(Instant time) {
    if (time != armed) {
        return; // the timer was set anew when this call was already queued
    }
    armed = never;
    if (std::chrono::steady_clock::now() >= when) {
        passed = true;
        on_passed();
    } else if (when != never) {
        arm(when);
    }
}

Deadline::Deadline(const Executor& executor, std::function<void()> on_passed)
    : state_{std::make_shared<State>(executor, std::move(on_passed))} {}

Deadline::~Deadline() = default;

void Deadline::set(Instant when) {
    state_->when = when;
    state_->passed = false;
    if (when < state_->armed) {
        state_->arm(when);
    }
}

Instant Deadline::when() const {
    return state_->when;
}

bool Deadline::passed() const {
    return state_->passed;
}

} // namespace common
