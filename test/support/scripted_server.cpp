#include "test/support/scripted_server.hpp"

#include "common/base/ascii.hpp"
#include "test/support/scripted_wire.hpp"

#include <condition_variable>
#include <csignal>
#include <list>
#include <mutex>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace test {

namespace {

using namespace std::chrono_literals;

std::string head_of(const Answer& answer) {
    auto head = "HTTP/1.1 " + std::to_string(answer.status) + " Scripted\r\n";
    for (const auto& header : answer.headers) {
        head += header.name + ": " + header.value + "\r\n";
    }
    // As nginx, Node and gunicorn say it.
    if (!common::find_header(answer.headers, "Connection")) {
        head += "Connection: keep-alive\r\n";
    }
    const bool bodiless = answer.status < 200 || answer.status == 204 || answer.status == 304;
    if (!bodiless && !common::find_header(answer.headers, "Content-Length") &&
        !common::find_header(answer.headers, "Transfer-Encoding")) {
        const auto size = answer.fault == Answer::Fault::cut
                              ? std::max<std::size_t>(answer.body.size(), 1)
                              : answer.body.size();
        head += "Content-Length: " + std::to_string(size) + "\r\n";
    }
    return head + "\r\n";
}

} // namespace

struct ScriptedServer::State {
    struct Connection {
        std::thread thread;
        int fd = -1;
        bool over = false;
    };

    mutable std::mutex mutex;
    mutable std::condition_variable news;
    Script script;
    std::vector<Seen> seen;
    std::list<Connection> connections;
    std::uint64_t counted = 0;
    bool stopping = true;

    ServerFiles files;
    TlsContext tls;
    std::uint16_t port = 0;
    int listener = -1;
    int wake = -1;
    std::thread acceptor;
    std::mutex switching; ///< one start() or stop() at a time

    void start();
    void stop();
    void accept_all();
    void reap(bool all);
    void serve(Connection& connection, std::uint64_t number);
    void talk(Wire& wire, std::uint64_t number);
    bool respond(Wire& wire, const Seen& seen, const Answer& answer);
};

void ScriptedServer::State::start() {
    const std::lock_guard one_at_a_time{switching};
    if (acceptor.joinable()) {
        return;
    }
    if (::listen(listener, 512) != 0) {
        throw std::system_error{errno, std::generic_category(), "scripted server: listen"};
    }
    wake = ::eventfd(0, EFD_CLOEXEC);
    {
        const std::lock_guard lock{mutex};
        stopping = false;
    }
    acceptor = std::thread{[this] { accept_all(); }};
}

void ScriptedServer::State::stop() {
    const std::lock_guard one_at_a_time{switching};
    if (acceptor.joinable()) {
        {
            const std::lock_guard lock{mutex};
            stopping = true;
        }
        news.notify_all();
        ::eventfd_write(wake, 1);
        acceptor.join();
        ::close(wake);
        ::close(listener);
        listener = bound_socket(files, port);
    }
    {
        const std::lock_guard lock{mutex};
        for (const auto& connection : connections) {
            if (!connection.over) {
                ::shutdown(connection.fd, SHUT_RDWR);
            }
        }
    }
    reap(true);
}

void ScriptedServer::State::accept_all() {
    for (;;) {
        pollfd watch[2] = {{listener, POLLIN, 0}, {wake, POLLIN, 0}};
        if (::poll(watch, 2, -1) < 0 && errno != EINTR) {
            return;
        }
        if (watch[1].revents != 0) {
            return;
        }
        if (watch[0].revents == 0) {
            continue;
        }
        const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) {
            continue;
        }
        reap(false);
        const std::lock_guard lock{mutex};
        auto& connection = connections.emplace_back();
        connection.fd = fd;
        connection.thread =
            std::thread{[this, &connection, number = ++counted] { serve(connection, number); }};
    }
}

/// Joins the threads that are over. With `all` waits for the others too, except for the caller's
/// own (a script that calls stop()).
void ScriptedServer::State::reap(bool all) {
    std::list<Connection> over;
    {
        const std::lock_guard lock{mutex};
        for (auto one = connections.begin(); one != connections.end();) {
            const auto here = one++;
            if ((all || here->over) && here->thread.get_id() != std::this_thread::get_id()) {
                over.splice(over.end(), connections, here);
            }
        }
    }
    for (auto& connection : over) {
        connection.thread.join();
    }
}

void ScriptedServer::State::serve(Connection& connection, std::uint64_t number) {
    // OpenSSL writes with write(2), which raises SIGPIPE in the writing thread.
    sigset_t pipe;
    ::sigemptyset(&pipe);
    ::sigaddset(&pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    {
        Wire wire{connection.fd, tls.get()};
        if (wire.handshake()) {
            talk(wire, number);
        }
    }
    const std::lock_guard lock{mutex};
    connection.over = true;
    ::close(connection.fd);
}

void ScriptedServer::State::talk(Wire& wire, std::uint64_t number) {
    std::string buffer;
    for (;;) {
        Seen request;
        request.connection = number;
        if (!read_request(wire, buffer, request)) {
            return;
        }
        request.at = std::chrono::steady_clock::now();
        Script say;
        {
            const std::lock_guard lock{mutex};
            seen.push_back(request);
            say = script;
        }
        news.notify_all();
        const auto answer = say(request);
        if (!respond(wire, request, answer)) {
            return;
        }
    }
}

/// Returns whether the connection goes on.
bool ScriptedServer::State::respond(Wire& wire, const Seen& request, const Answer& answer) {
    using Fault = Answer::Fault;
    auto bytes = answer.raw;
    if (bytes.empty()) {
        bytes = head_of(answer);
        if (answer.fault == Fault::cut) {
            bytes.append(answer.body, 0, answer.body.size() / 2);
        } else if (request.method != "HEAD") {
            bytes += answer.body;
        }
    }
    switch (answer.fault) {
    case Fault::hang:
        if (answer.raw.empty() || wire.write(bytes)) {
            wire.hang();
        }
        return false;
    case Fault::reset:
        wire.reset();
        return false;
    case Fault::close:
        wire.end_tls();
        return false;
    case Fault::trickle:
        for (const char& byte : bytes) {
            if (!wire.write({&byte, 1})) {
                return false;
            }
            std::unique_lock lock{mutex};
            if (news.wait_for(lock, 100ms, [this] { return stopping; })) {
                return false;
            }
        }
        break;
    case Fault::cut:
    case Fault::none:
        if (!wire.write(bytes)) {
            return false;
        }
        break;
    }
    if (answer.fault == Fault::cut || !answer.raw.empty() ||
        common::equal_ignoring_case(request.header("Connection"), "close") ||
        common::equal_ignoring_case(common::find_header(answer.headers, "Connection").value_or(""),
                                    "close")) {
        wire.end_tls();
        return false;
    }
    return true;
}

std::string Seen::header(std::string_view name) const {
    return std::string{common::find_header(headers, name).value_or("")};
}

ScriptedServer::ScriptedServer(Script script, std::uint16_t port, ServerFiles files)
    : state_{std::make_shared<State>()} {
    state_->script = std::move(script);
    state_->tls = server_context(files);
    state_->files = std::move(files);
    state_->port = port;
    state_->listener = bound_socket(state_->files, state_->port);
    state_->start();
}

ScriptedServer::~ScriptedServer() {
    state_->stop();
    ::close(state_->listener);
    if (!state_->files.unix_socket.empty()) {
        ::unlink(state_->files.unix_socket.c_str());
    }
}

std::uint16_t ScriptedServer::port() const {
    return state_->port;
}

std::string ScriptedServer::url(std::string_view path) const {
    return (state_->tls ? "https://127.0.0.1:" : "http://127.0.0.1:") +
           std::to_string(state_->port) + std::string{path};
}

void ScriptedServer::set_script(Script script) {
    const std::lock_guard lock{state_->mutex};
    state_->script = std::move(script);
}

void ScriptedServer::stop() {
    state_->stop();
}

void ScriptedServer::start() {
    state_->start();
}

std::vector<Seen> ScriptedServer::seen() const {
    const std::lock_guard lock{state_->mutex};
    return state_->seen;
}

std::size_t ScriptedServer::count() const {
    const std::lock_guard lock{state_->mutex};
    return state_->seen.size();
}

bool ScriptedServer::wait_for(std::size_t n, std::chrono::milliseconds limit) const {
    std::unique_lock lock{state_->mutex};
    return state_->news.wait_for(lock, limit, [&] { return state_->seen.size() >= n; });
}

} // namespace test
