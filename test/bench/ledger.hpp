// Ledger: what became of each event. An event's number is its place here. Any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// Nanoseconds of the monotonic clock.
std::int64_t now_ns();

/// An event of about `size` bytes that names its number; the webhook "bench" serves camera 1, and
/// "down" camera 2.
std::string event_text(std::uint64_t number, std::size_t size, unsigned camera);
/// The number of the event in a callback.
std::optional<std::size_t> number_in(std::string_view request);

class Ledger {
  public:
    explicit Ledger(std::size_t most) : sent_(most), arrived_(most), ends_(most) {}

    /// The first of `count` new numbers; nothing when there are no more.
    std::optional<std::size_t> take(std::size_t count);
    /// `at`: when the event was due to be sent.
    void sent(std::size_t number, std::int64_t at) { sent_[number] = at; }
    void arrived(std::optional<std::size_t> number);
    /// Answered 202: these must arrive.
    void accepted(std::size_t first, std::size_t count);
    /// Numbers from 0 that another process has sent, and that were accepted.
    void expect(std::size_t count);

    [[nodiscard]] std::size_t next() const { return next_; }
    [[nodiscard]] std::uint64_t delivered() const { return delivered_; }
    [[nodiscard]] std::uint64_t again() const { return again_; }
    /// Accepted and not delivered. Others may be delivered: an agent that is killed cannot answer
    /// for what it has stored.
    [[nodiscard]] std::uint64_t missing() const { return accepted_ - complete_; }
    /// Callbacks with no number, or one that nobody has sent.
    [[nodiscard]] std::uint64_t unknown() const { return unknown_; }
    /// Of those of the numbers [first, last) that arrived: the time from sent() to arrived(), the
    /// shortest first, in nanoseconds.
    [[nodiscard]] std::vector<std::int64_t> latencies(std::size_t first, std::size_t last) const;
    /// Arrivals a second, between the first and the last but one in a hundred: a few may have been
    /// tried before and wait for their retry.
    [[nodiscard]] double arrivals_per_s() const;

  private:
    void note(std::size_t number, unsigned char end);

    std::vector<std::atomic<std::int64_t>> sent_;
    std::vector<std::atomic<std::int64_t>> arrived_; ///< the first time; 0: not yet
    std::atomic<std::size_t> next_{0};
    std::atomic<std::uint64_t> delivered_{0}, again_{0}, unknown_{0};
    std::vector<std::atomic<unsigned char>> ends_; ///< of each event: accepted, arrived or both
    std::atomic<std::uint64_t> accepted_{0}, complete_{0};
};

} // namespace bench
