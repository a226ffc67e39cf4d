// MemoryBudget: how many bytes those who serve the outside may hold together, so that limits which
// do not know of each other cannot add up. It allocates nothing; each holder says what it holds.
// One thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace common {

class MemoryBudget {
  public:
    /// The last part of a budget is kept for those that must always get through.
    enum class Rank { ordinary, trusted };

    /// `reserve` bytes of `limit` are for trusted holders only.
    MemoryBudget(std::size_t limit, std::size_t reserve);
    MemoryBudget(const MemoryBudget&) = delete;
    MemoryBudget& operator=(const MemoryBudget&) = delete;
    /// What is held already stays, also beyond a smaller limit.
    void set_limit(std::size_t limit, std::size_t reserve);

    [[nodiscard]] std::size_t limit() const { return limit_; }
    /// What one holder of that rank could get if nobody else held anything.
    [[nodiscard]] std::size_t limit(Rank rank) const;
    [[nodiscard]] std::size_t used() const { return used_; }
    /// Refused for lack of room since the start.
    [[nodiscard]] std::uint64_t refused() const { return refused_; }
    /// Somebody was told to come again because there was no room.
    void note_refusal() { ++refused_; }

    /// What one holder holds, given back when it is destroyed. Must not outlive the budget.
    class Share {
      public:
        explicit Share(MemoryBudget& budget) : budget_{budget} {}
        Share(const Share&) = delete;
        Share& operator=(const Share&) = delete;
        ~Share() { budget_.used_ -= bytes_; }

        /// Holds `bytes` instead of what it held. False if that is more and does not fit: then
        /// nothing has changed.
        [[nodiscard]] bool resize(std::size_t bytes, Rank rank = Rank::ordinary);
        void release();
        [[nodiscard]] std::size_t bytes() const { return bytes_; }

      private:
        MemoryBudget& budget_;
        std::size_t bytes_ = 0;
    };

  private:
    std::size_t limit_;
    std::size_t reserve_;
    std::size_t used_ = 0;
    std::uint64_t refused_ = 0;
};

} // namespace common
