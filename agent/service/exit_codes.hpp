// The exit codes of every command and of the service (contract section 2; those of sysexits.h).
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

/// The exit code of a command that ends with this error.
inline int of(const common::Error& error) {
    switch (error.fault) {
    case common::Fault::input:
        return bad_data;
    case common::Fault::config:
        return bad_config;
    case common::Fault::unreachable:
    case common::Fault::own: // above all, a name server that gives no answer
    case common::Fault::date:
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
