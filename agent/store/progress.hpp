// What long work on the database's files tells while it goes on, so that whoever waits for it can
// see that it does not hang.
#pragma once

#include <functional>
#include <string_view>

namespace agent {

/// Called with the step's name when it begins, and again and again while it goes on. On the thread
/// that does the work.
using Progress = std::function<void(std::string_view step)>;

/// How often SQLite calls a progress handler, in instructions of its virtual machine.
inline constexpr int instructions_per_call = 100'000;

inline void tell(const Progress& progress, std::string_view step) {
    if (progress) {
        progress(step);
    }
}

} // namespace agent
