// Waits for what other threads or processes do.
#pragma once

#include <functional>

namespace test {

/// Asks every few milliseconds until `good` is true. False: it was not within a minute, which is
/// far longer than a busy machine needs.
[[nodiscard]] bool eventually(const std::function<bool()>& good);

} // namespace test
