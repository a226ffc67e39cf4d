// sd_notify(3) without libsystemd: datagrams to $NOTIFY_SOCKET; does nothing if that is not set.
// Loop thread.
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
    /// State lines of sd_notify(3): "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=…". Text of
    /// others must be printable(): a line break in it would begin a state of its own.
    /// Never waits: READY=1 and STOPPING=1 that systemd does not take now go with the next call.
    void send(std::string_view state);
    /// The longest time that may pass between two WATCHDOG=1; nothing if no watchdog is configured.
    [[nodiscard]] std::optional<Millis> watchdog_period() const { return watchdog_period_; }

  private:
    [[nodiscard]] bool send_now(std::string_view state) const;

    std::string unsent_;
    std::string socket_;
    std::optional<Millis> watchdog_period_;
};

} // namespace common
