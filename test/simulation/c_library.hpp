// What the C library's clock and randomness are in a simulation.
#pragma once

#include <cstddef>
#include <cstdint>

namespace simulation {

class TimeSource {
  public:
    virtual ~TimeSource() = default;
    [[nodiscard]] virtual std::int64_t wall_ns() const = 0;
    [[nodiscard]] virtual std::int64_t monotonic_ns() const = 0;
    virtual void fill(void* bytes, std::size_t size) = 0;
};

/// Null: the kernel's again.
void tell_time_by(TimeSource* source);

} // namespace simulation
