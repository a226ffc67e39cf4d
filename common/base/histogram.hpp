// Histogram: how many observations were at most as large as each of some bounds, as Prometheus
// counts them. A value; one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace common {

class Histogram {
  public:
    /// `bounds`: increasing, in static storage.
    explicit Histogram(std::span<const double> bounds) : bounds_{bounds} {}

    void observe(double value);

    [[nodiscard]] std::span<const double> bounds() const { return bounds_; }
    /// How many were at most bounds()[i].
    [[nodiscard]] std::uint64_t at_most(std::size_t i) const {
        return at_most_.empty() ? 0 : at_most_[i];
    }
    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] double sum() const { return sum_; }

  private:
    std::span<const double> bounds_;
    std::vector<std::uint64_t> at_most_; ///< by bound; empty before the first observation
    std::uint64_t count_ = 0;
    double sum_ = 0;
};

} // namespace common
