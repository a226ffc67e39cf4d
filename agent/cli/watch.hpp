// Shows what a command prints again and again, on a terminal. Blocks.
#pragma once

#include <functional>

namespace agent {

/// Calls `draw` every two seconds and shows what it writes to std::cout and std::cerr, as much as
/// fits on the terminal; its exit code is not judged, for what is away may come back. Ends with 0
/// at q, Ctrl-C or SIGTERM, and leaves the terminal as it was.
int watch(const std::function<int()>& draw);

} // namespace agent
