// Suspects: deliveries that were in hand when the agent ended other than in order, and that may be
// why it did. Where that has happened twice in a row, those that were in hand the last time go one
// at a time, beside all others, until each has ended or waited for its answer for two seconds; so
// the next end, if there is one, shows which it was. One that was in hand at three ends in a row is
// convicted: it is not handled again, and the queue makes it a dead letter. Of the first of three,
// which nobody expected, nothing is noted: it counts for those that were in hand at the other two.
// Loop thread; agent/store/crash_notes.hpp has what survives.
#pragma once

#include "agent/store/crash_notes.hpp"
#include "common/async/clock.hpp"

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace agent {

class Suspects {
  public:
    explicit Suspects(common::Clock& clock) : clock_{clock} {}
    ~Suspects() { stop(); }
    Suspects(const Suspects&) = delete;
    Suspects& operator=(const Suspects&) = delete;

    /// At the start, before anything is handled.
    void begin(const std::string& database);
    /// `free_again`: called on the loop for deliveries that need no longer be left out.
    void start(std::function<void(const std::vector<std::int64_t>&)> free_again);
    /// The agent stops in order.
    void end();

    /// Those to be made dead letters, until acquit() says that they are.
    [[nodiscard]] const std::vector<std::int64_t>& convicted() const { return convicted_; }
    void acquit() { convicted_.clear(); }
    /// Those that must not be read nor handled now; sorted.
    [[nodiscard]] std::vector<std::int64_t> left_out() const;

    /// The delivery is about to be attempted.
    void take(std::int64_t delivery);
    /// It is not in hand any more, or has ended without an attempt.
    void put_down(std::int64_t delivery);
    /// For the database's thread: CrashNotes::reading().
    [[nodiscard]] CrashNotes& notes() { return notes_; }

  private:
    void next_turn();
    void turn_is_over(bool harmless);
    void call_in(common::Millis span, bool harmless);
    void stop();

    common::Clock& clock_;
    CrashNotes notes_;
    std::map<std::int64_t, std::uint32_t> ends_; ///< of those in hand at the last one
    std::vector<std::int64_t> convicted_;        ///< sorted
    std::deque<std::int64_t> waiting_;           ///< for their turn, which the first one has
    std::function<void(const std::vector<std::int64_t>&)> free_again_;
    std::optional<common::Clock::TimerId> turn_ends_, settles_;
};

} // namespace agent
