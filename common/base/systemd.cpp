#include "common/base/systemd.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <sys/socket.h>
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

bool has_line(std::string_view text, std::string_view line) {
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        if (text.substr(0, end) == line) {
            return true;
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return false;
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

void SystemdNotifier::send(std::string_view state) {
    if (!unsent_.empty()) {
        unsent_ += '\n';
    }
    unsent_ += state;
    if (send_now(unsent_)) {
        unsent_.clear();
        return;
    }
    // What systemd has to know is repeated with the next state; a sign of life is worth nothing
    // later.
    std::string kept;
    for (const std::string line : {"READY=1", "STOPPING=1"}) {
        if (has_line(unsent_, line)) {
            kept += (kept.empty() ? "" : "\n") + line;
        }
    }
    unsent_ = std::move(kept);
}

/// Returns false if systemd does not read just now; it must not block the loop.
bool SystemdNotifier::send_now(std::string_view state) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const bool known_form = !socket_.empty() && (socket_[0] == '/' || socket_[0] == '@');
    if (!known_form || socket_.size() >= sizeof address.sun_path) {
        return true;
    }
    std::memcpy(address.sun_path, socket_.data(), socket_.size());
    if (socket_[0] == '@') {
        address.sun_path[0] = '\0';
    }
    const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return true;
    }
    // An abstract name has no terminating NUL: every byte of the length counts.
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
    const bool sent = ::sendto(descriptor, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                               reinterpret_cast<const sockaddr*>(&address), length) >= 0;
    const bool waits = !sent && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS);
    ::close(descriptor);
    return !waits;
}

} // namespace common
