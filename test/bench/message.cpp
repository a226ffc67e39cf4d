#include "test/bench/message.hpp"

#include <arpa/inet.h>
#include <cstdlib>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace bench {

namespace {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

int make_socket() {
    const int file = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (file < 0) {
        throw std::runtime_error{std::string{"no socket: "} + std::strerror(errno)};
    }
    return file;
}

/// The length of the message whose head ends at `head`; 0 without one, as it is here.
std::size_t body_length(const std::string& buffer, std::size_t head) {
    for (const auto* name : {"Content-Length: ", "content-length: "}) {
        if (const auto at = buffer.find(name); at < head) {
            return std::strtoul(buffer.c_str() + at + std::strlen(name), nullptr, 10);
        }
    }
    return 0;
}

} // namespace

int connect_to(std::uint16_t port) {
    const int file = make_socket();
    const auto address = loopback(port);
    if (::connect(file, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(file);
        throw std::runtime_error{"nobody listens on port " + std::to_string(port)};
    }
    return file;
}

Connection::Connection(int socket) : socket_(socket) {
    const int one = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

Connection::~Connection() {
    ::close(socket_);
}

bool Connection::send(const std::string& text) const {
    for (std::size_t sent = 0; sent < text.size();) {
        const auto n = ::send(socket_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
        if (n <= 0) {
            return false;
        }
        sent += static_cast<std::size_t>(n);
    }
    return true;
}

std::string Connection::read() {
    for (;;) {
        const auto head = buffer_.find("\r\n\r\n");
        if (head != std::string::npos) {
            const auto total = head + 4 + body_length(buffer_, head);
            if (buffer_.size() >= total) {
                auto message = buffer_.substr(0, total);
                buffer_.erase(0, total);
                return message;
            }
        }
        char chunk[65536];
        const auto n = ::recv(socket_, chunk, sizeof chunk, 0);
        if (n <= 0) {
            return {};
        }
        buffer_.append(chunk, static_cast<std::size_t>(n));
    }
}

Port::Port() : file_(make_socket()) {
    auto address = loopback(0);
    socklen_t size = sizeof address;
    if (::bind(file_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::getsockname(file_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::runtime_error{std::string{"no port: "} + std::strerror(errno)};
    }
    number_ = ntohs(address.sin_port);
}

Port::~Port() {
    ::close(file_);
}

void Port::listen() const {
    if (::listen(file_, 256) != 0) {
        throw std::runtime_error{std::string{"cannot listen: "} + std::strerror(errno)};
    }
}

int Port::accept() const {
    return ::accept4(file_, nullptr, nullptr, SOCK_CLOEXEC);
}

} // namespace bench
