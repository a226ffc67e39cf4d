// Joinable: something under way that others wait for instead of doing it once more (a login, a
// fetch). Who leads may be cancelled: then those who waited hear that there is no result, and one
// of them leads. Loop thread; nothing survives a crash.
#pragma once

#include "common/async/clock.hpp"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace common {

template <class T> class Joinable {
    struct Round {
        std::vector<std::shared_ptr<common::Wakeup>> waiting;
        std::optional<T> result;
        bool outdated = false;
    };

  public:
    /// Held by who leads; its end is the end of the round. The Joinable must outlive it.
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

    Joinable(common::Executor executor, common::Clock& clock)
        : executor_{std::move(executor)}, clock_{clock} {}

    [[nodiscard]] bool under_way() const { return round_ != nullptr; }
    /// Begins a round; none may be under way.
    [[nodiscard]] Lead lead() {
        round_ = std::make_shared<Round>();
        return Lead{*this};
    }
    /// The result of the round under way; nothing when it was given up or outdated.
    common::Task<std::optional<T>> join() {
        const auto round = round_;
        const auto seat = std::make_shared<common::Wakeup>(executor_, clock_);
        round->waiting.push_back(seat);
        auto over = seat->wait();
        co_await std::move(over);
        if (round->outdated) {
            co_return std::nullopt;
        }
        co_return round->result;
    }
    /// What is under way began under circumstances that hold no longer: nobody gets its result but
    /// who leads.
    void outdate() {
        if (round_) {
            round_->outdated = true;
        }
    }

  private:
    common::Executor executor_;
    common::Clock& clock_;
    std::shared_ptr<Round> round_;
};

} // namespace common
