// sd_notify(3) without libsystemd: datagrams to $NOTIFY_SOCKET. Nothing happens where there is
// none. Loop thread.
#pragma once

#include "common/base/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace common {

class SystemdNotifier {
  public:
    /// Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID from the environment.
    SystemdNotifier();
    /// State lines as of sd_notify(3): "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=…".
    void send(std::string_view state) const;
    /// How often at least the supervisor wants to hear WATCHDOG=1; none when it does not ask.
    [[nodiscard]] std::optional<Millis> watchdog() const { return watchdog_; }

  private:
    std::string socket_;
    std::optional<Millis> watchdog_;
};

} // namespace common
