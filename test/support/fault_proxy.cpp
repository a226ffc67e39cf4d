#include "test/support/fault_proxy.hpp"

#include "test/support/scripted_wire.hpp"

#include <algorithm>
#include <array>
#include <list>
#include <mutex>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace test {

namespace {

using Kind = NetworkFault::Kind;
using From = NetworkFault::From;
using Moment = std::chrono::steady_clock::time_point;

/// One that is reset when it is closed, unless it ended in order.
void close_hard(int fd) {
    const linger hard{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    ::close(fd);
}

int connect_to(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(fd);
        return -1;
    }
    return fd;
}

bool send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

struct Direction {
    int from = -1, to = -1;
    std::size_t passed = 0;
    bool open = true;
    Moment next{}; ///< of a byte that trickles
};

enum class Turn { goes_on, over, reset };

class Link {
  public:
    Link(int client, int server, NetworkFault fault)
        : client_{client}, server_{server}, fault_{fault}, directions_{{{client, server},
                                                                        {server, client}}} {}

    void vanish() { vanished_ = true; }
    [[nodiscard]] const std::array<Direction, 2>& directions() const { return directions_; }
    /// Whether bytes of this direction are to be read now.
    [[nodiscard]] bool reads(std::size_t index, Moment now) const {
        const auto& direction = directions_[index];
        return !vanished_ && direction.open && !(trickles(index) && now < direction.next);
    }
    /// When a direction that waits for its pace goes on.
    [[nodiscard]] std::optional<Moment> next() const {
        for (const std::size_t index : {0U, 1U}) {
            if (!vanished_ && directions_[index].open && trickles(index)) {
                return directions_[index].next;
            }
        }
        return std::nullopt;
    }

    /// There are bytes of this direction, or its end.
    Turn pass(std::size_t index, Moment now) {
        auto& direction = directions_[index];
        std::array<char, 16 * 1024> bytes{};
        const bool faulty = is_faulty(index);
        auto size = bytes.size();
        if (faulty) {
            const auto left = fault_.after - std::min(fault_.after, direction.passed);
            if (left == 0 && fault_.kind != Kind::trickle) {
                return strike();
            }
            size = std::min(size, std::max<std::size_t>(left, 1));
        }
        const auto got = ::recv(direction.from, bytes.data(), size, 0);
        if (got < 0) {
            return Turn::reset;
        }
        if (got == 0) {
            direction.open = false;
            ::shutdown(direction.to, SHUT_WR);
            return directions_[0].open || directions_[1].open ? Turn::goes_on : Turn::over;
        }
        direction.passed += static_cast<std::size_t>(got);
        direction.next = now + fault_.pace;
        if (!send_all(direction.to, {bytes.data(), static_cast<std::size_t>(got)})) {
            return Turn::reset;
        }
        // Nothing more need come for the fault: what has passed may be all there is.
        return faulty && fault_.kind != Kind::trickle && direction.passed >= fault_.after
                   ? strike()
                   : Turn::goes_on;
    }

    void close(bool hard) {
        for (const int fd : {client_, server_}) {
            hard ? close_hard(fd) : static_cast<void>(::close(fd));
        }
    }

  private:
    [[nodiscard]] bool is_faulty(std::size_t index) const {
        return fault_.kind != Kind::none && (fault_.from == From::client) == (index == 0);
    }
    [[nodiscard]] bool trickles(std::size_t index) const {
        return is_faulty(index) && fault_.kind == Kind::trickle &&
               directions_[index].passed >= fault_.after;
    }
    Turn strike() {
        vanished_ = true;
        return fault_.kind == Kind::reset ? Turn::reset : Turn::goes_on;
    }

    int client_, server_;
    NetworkFault fault_;
    std::array<Direction, 2> directions_; ///< of the client, of the server
    bool vanished_ = false;
};

} // namespace

struct FaultProxy::State {
    mutable std::mutex mutex;
    NetworkFault fault;
    std::uint16_t server = 0;
    std::list<Link> links;
    std::size_t made = 0;
    bool stopping = false;

    std::uint16_t port = 0;
    int listener = -1, wake = -1;
    std::thread thread;

    void run();
    void take();
    /// What to wait for, in the order of the links; -1 where a direction is not read.
    std::vector<pollfd> watched(Moment now, int& timeout) const;
    void pass(const std::vector<pollfd>& found);
};

void FaultProxy::State::take() {
    const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) {
        return;
    }
    ++made;
    const int upstream = connect_to(server);
    if (upstream < 0) {
        close_hard(client);
        return;
    }
    links.emplace_back(client, upstream, fault);
}

std::vector<pollfd> FaultProxy::State::watched(Moment now, int& timeout) const {
    std::vector<pollfd> all{{listener, POLLIN, 0}, {wake, POLLIN, 0}};
    for (const auto& link : links) {
        for (std::size_t index = 0; index < 2; ++index) {
            const int fd = link.reads(index, now) ? link.directions()[index].from : -1;
            all.push_back({fd, POLLIN, 0});
        }
        if (const auto next = link.next()) {
            const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*next - now).count();
            const auto left = static_cast<int>(std::max<decltype(wait)>(wait, 0));
            timeout = timeout < 0 ? left : std::min(timeout, left);
        }
    }
    return all;
}

void FaultProxy::State::pass(const std::vector<pollfd>& found) {
    const auto now = std::chrono::steady_clock::now();
    std::size_t at = 2;
    for (auto one = links.begin(); one != links.end(); at += 2) {
        const auto here = one++;
        auto turn = Turn::goes_on;
        for (std::size_t index = 0; index < 2 && turn == Turn::goes_on; ++index) {
            if (found[at + index].revents != 0) {
                turn = here->pass(index, now);
            }
        }
        if (turn != Turn::goes_on) {
            here->close(turn == Turn::reset);
            links.erase(here);
        }
    }
}

void FaultProxy::State::run() {
    for (;;) {
        int timeout = -1;
        std::vector<pollfd> watch;
        {
            const std::lock_guard lock{mutex};
            if (stopping) {
                return;
            }
            watch = watched(std::chrono::steady_clock::now(), timeout);
        }
        if (::poll(watch.data(), watch.size(), timeout) < 0 && errno != EINTR) {
            return;
        }
        const std::lock_guard lock{mutex};
        if (watch[1].revents != 0) {
            std::uint64_t woken = 0;
            (void)!::read(wake, &woken, sizeof woken);
        }
        pass(watch);
        if (watch[0].revents != 0) {
            take();
        }
    }
}

FaultProxy::FaultProxy(std::uint16_t server) : state_{std::make_unique<State>()} {
    state_->server = server;
    state_->listener = bound_socket({}, state_->port);
    if (::listen(state_->listener, 128) != 0) {
        throw std::system_error{errno, std::generic_category(), "fault proxy: listen"};
    }
    state_->wake = ::eventfd(0, EFD_CLOEXEC);
    state_->thread = std::thread{[this] { state_->run(); }};
}

FaultProxy::~FaultProxy() {
    {
        const std::lock_guard lock{state_->mutex};
        state_->stopping = true;
    }
    ::eventfd_write(state_->wake, 1);
    state_->thread.join();
    for (auto& link : state_->links) {
        link.close(true);
    }
    ::close(state_->listener);
    ::close(state_->wake);
}

std::uint16_t FaultProxy::port() const {
    return state_->port;
}

std::string FaultProxy::url(std::string_view path) const {
    return "http://127.0.0.1:" + std::to_string(port()) + std::string{path};
}

void FaultProxy::fail(NetworkFault fault) {
    const std::lock_guard lock{state_->mutex};
    state_->fault = fault;
}

void FaultProxy::lead_to(std::uint16_t server) {
    const std::lock_guard lock{state_->mutex};
    state_->server = server;
}

void FaultProxy::vanish() {
    const std::lock_guard lock{state_->mutex};
    for (auto& link : state_->links) {
        link.vanish();
    }
    ::eventfd_write(state_->wake, 1);
}

std::size_t FaultProxy::connections() const {
    const std::lock_guard lock{state_->mutex};
    return state_->made;
}

} // namespace test
