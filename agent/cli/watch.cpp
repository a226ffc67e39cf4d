#include "agent/cli/watch.hpp"

#include "agent/service/exit_codes.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <iostream>
#include <poll.h>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace agent {

namespace {

constexpr int interval_ms = 2'000;

volatile std::sig_atomic_t stopped = 0; // NOLINT: a signal handler can reach nothing else

void stop(int /*signal*/) {
    stopped = 1;
}

/// A key at a time and without an echo, a screen of its own and signals that end the loop, until it
/// goes.
class WatchedTerminal {
  public:
    WatchedTerminal() : keys_{::tcgetattr(STDIN_FILENO, &before_) == 0} {
        struct sigaction action {};
        action.sa_handler = stop; // without SA_RESTART: it ends poll()
        for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
            ::sigaction(signal, &action, nullptr);
        }
        if (keys_) {
            auto raw = before_;
            raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
            ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
        }
        std::cout << "\x1b[?1049h\x1b[?25l\x1b[?7l" << std::flush;
    }
    WatchedTerminal(const WatchedTerminal&) = delete;
    WatchedTerminal& operator=(const WatchedTerminal&) = delete;
    ~WatchedTerminal() {
        std::cout << "\x1b[?7h\x1b[?25h\x1b[?1049l" << std::flush;
        if (keys_) {
            ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
        }
    }

    /// Waits for the next turn; false when it is to end.
    bool next_turn() {
        pollfd input{keys_ ? STDIN_FILENO : -1, POLLIN, 0};
        while (stopped == 0) {
            const int ready = ::poll(&input, 1, interval_ms);
            if (ready == 0) {
                return true;
            }
            if (ready < 0) {
                // Another size of the terminal, for instance.
                return stopped == 0 && errno == EINTR;
            }
            char key = 0;
            if (::read(STDIN_FILENO, &key, 1) != 1) { // nobody types any more
                input.fd = -1;
            } else if (key == 'q' || key == 'Q') {
                return false;
            }
        }
        return false;
    }

  private:
    termios before_{};
    bool keys_;
};

/// What `draw` writes.
std::string drawn(const std::function<int()>& draw) {
    std::ostringstream text;
    auto* const out = std::cout.rdbuf(text.rdbuf());
    auto* const err = std::cerr.rdbuf(text.rdbuf());
    draw();
    std::cout.rdbuf(out);
    std::cerr.rdbuf(err);
    return text.str();
}

std::size_t terminal_height() {
    winsize size{};
    return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : 24;
}

/// The text for a screen of its own: each line to its end, and below the last one nothing.
std::string screenful(std::string_view text, std::size_t height) {
    std::string out = "\x1b[H";
    for (std::size_t line = 1; !text.empty(); ++line) {
        const auto end = std::min(text.find('\n'), text.size());
        if (line == height && end + 1 < text.size()) {
            return out + "… (more than fits; q ends)\x1b[K";
        }
        out.append(text.substr(0, end)).append("\x1b[K").append(line == height ? "" : "\n");
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out + "\x1b[J";
}

} // namespace

int watch(const std::function<int()>& draw) {
    WatchedTerminal terminal;
    do {
        std::cout << screenful(drawn(draw), terminal_height()) << std::flush;
    } while (std::cout && terminal.next_turn());
    return exit_code::done;
}

} // namespace agent
