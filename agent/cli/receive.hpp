// `ffl-agent receive`: prints callbacks as they arrive, so that an integrator sees what a target
// gets before there is one.
#pragma once

#include "agent/cli/command.hpp"

#include <cstdint>
#include <string>

namespace agent {

struct ReceiveOptions {
    std::uint16_t port = 8094; ///< 0 picks a free one
    std::string secret_file;   ///< empty: signatures are not judged
    unsigned status = 200;
};

/// Until Ctrl-C. With --json, one JSON document a line.
int command_receive(const Command& command, const ReceiveOptions& options);

} // namespace agent
