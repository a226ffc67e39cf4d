#include "common/base/systemd.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace common {

namespace {

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string{} : std::string{value};
}

std::optional<std::int64_t> environment_number(const char* name) {
    const auto text = environment(name);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return number;
}

} // namespace

SystemdNotifier::SystemdNotifier() : socket_{environment("NOTIFY_SOCKET")} {
    const auto period = environment_number("WATCHDOG_USEC");
    const auto addressee = environment_number("WATCHDOG_PID");
    if (period && *period > 0 && (!addressee || *addressee == ::getpid())) {
        watchdog_period_ = std::max(
            Millis{1}, std::chrono::duration_cast<Millis>(std::chrono::microseconds{*period}));
    }
}

void SystemdNotifier::send(std::string_view state) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const bool known_form = !socket_.empty() && (socket_[0] == '/' || socket_[0] == '@');
    if (!known_form || socket_.size() >= sizeof address.sun_path) {
        return;
    }
    std::memcpy(address.sun_path, socket_.data(), socket_.size());
    if (socket_[0] == '@') {
        address.sun_path[0] = '\0';
    }
    const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return;
    }
    // A supervisor that does not read must not block the loop for ever, but READY=1 is worth
    // waiting a second.
    const timeval timeout{1, 0};
    ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    // An abstract name has no terminating NUL: every byte of the length counts.
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
    ::sendto(descriptor, state.data(), state.size(), MSG_NOSIGNAL,
             reinterpret_cast<const sockaddr*>(&address), length);
    ::close(descriptor);
}

} // namespace common
