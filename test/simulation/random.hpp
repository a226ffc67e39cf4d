// Random: what a seed decides. The same seed gives the same numbers with every library, so nothing
// here uses the distributions of the standard library.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace simulation {

class Random {
  public:
    explicit Random(std::uint64_t seed) : engine_{seed} {}

    std::uint64_t bits() { return engine_(); }
    /// In [0, count); 0 if there is nothing to choose from.
    std::uint64_t below(std::uint64_t count) { return count == 0 ? 0 : engine_() % count; }
    /// In [from, to].
    std::int64_t between(std::int64_t from, std::int64_t to) {
        return from + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(to - from) + 1));
    }
    /// In [0, 1).
    double unit() { return static_cast<double>(engine_() >> 11U) * 0x1.0p-53; }
    bool chance(double of) { return unit() < of; }
    template <class T> const T& one_of(const std::vector<T>& choices) {
        return choices[below(choices.size())];
    }
    /// A generator of its own, so that one part drawing more changes nothing for the others.
    Random fork() { return Random{engine_()}; }

  private:
    std::mt19937_64 engine_;
};

} // namespace simulation
