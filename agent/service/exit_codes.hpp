// The exit codes of the contract, section 2 (sysexits).
#pragma once

#include "common/base/result.hpp"

namespace agent::exit_code {

inline constexpr int done = 0;
inline constexpr int check_failed = 1;
inline constexpr int usage = 64;
inline constexpr int bad_data = 65;
inline constexpr int unreachable = 69;
inline constexpr int io = 74;
inline constexpr int refused = 77;
inline constexpr int bad_config = 78;

/// The code for an error that ends a command.
inline int of(const common::Error& error) {
    switch (error.fault) {
    case common::Fault::input:
        return bad_data;
    case common::Fault::config:
        return bad_config;
    case common::Fault::unreachable:
    case common::Fault::full:
        return unreachable;
    case common::Fault::refused:
        return refused;
    case common::Fault::storage:
    case common::Fault::internal:
        break;
    }
    return io;
}

} // namespace agent::exit_code
