// Joinable: an operation (a login, a fetch) that others join while it is under way instead of
// starting it again. If the coroutine that leads is cancelled, those that joined get no result, and
// one of them leads next. Loop thread; nothing survives a crash.
#pragma once

#include "common/async/clock.hpp"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace common {

template <class T> class Joinable {
    struct Round {
        std::vector<std::shared_ptr<Wakeup>> waiting;
        std::optional<T> result;
        bool outdated = false;
    };

  public:
    /// Held by the coroutine that leads; its destruction ends the round. Must not outlive the
    /// Joinable.
    class Lead {
      public:
        explicit Lead(Joinable& owner) : owner_{owner}, round_{owner.round_} {}
        Lead(const Lead&) = delete;
        Lead& operator=(const Lead&) = delete;
        ~Lead() {
            owner_.round_.reset();
            for (const auto& one : round_->waiting) {
                one->notify();
            }
        }
        void done(T result) { round_->result = std::move(result); }
        [[nodiscard]] bool outdated() const { return round_->outdated; }

      private:
        Joinable& owner_;
        std::shared_ptr<Round> round_;
    };

    Joinable(Executor executor, Clock& clock) : executor_{std::move(executor)}, clock_{clock} {}

    [[nodiscard]] bool under_way() const { return round_ != nullptr; }
    /// Begins a round. None may be under way.
    [[nodiscard]] Lead lead() {
        round_ = std::make_shared<Round>();
        return Lead{*this};
    }
    /// The result of the round under way; nothing if it was cancelled or outdated.
    Task<std::optional<T>> join() {
        const auto round = round_;
        const auto ended = std::make_shared<Wakeup>(executor_, clock_);
        round->waiting.push_back(ended);
        co_await ended->wait();
        if (round->outdated) {
            co_return std::nullopt;
        }
        co_return round->result;
    }
    /// The circumstances of the round under way no longer hold: only its leader gets the result.
    void outdate() {
        if (round_) {
            round_->outdated = true;
        }
    }

  private:
    Executor executor_;
    Clock& clock_;
    std::shared_ptr<Round> round_;
};

} // namespace common
