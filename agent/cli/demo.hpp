// `ffl-agent demo`: an agent with sample webhooks, a receiver and a camera that recognises somebody
// every few seconds, on free ports and in memory, until Ctrl-C.
#pragma once

#include <cstdint>

namespace agent {

struct DemoOptions {
    std::uint16_t port = 0;  ///< of the agent; 0: 8093 if it is free, else any
    bool with_events = true; ///< false: only what the user sends
};

/// Runs the service on the calling thread and returns its exit code.
int command_demo(const DemoOptions& options);

} // namespace agent
