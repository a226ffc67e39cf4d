#include "test/support/scripted_wire.hpp"

#include "common/base/ascii.hpp"

#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace test {

namespace {

[[noreturn]] void broke(int fd, const std::string& what) {
    const int why = errno;
    ::close(fd);
    throw std::system_error{why, std::generic_category(), "scripted server: " + what};
}

int bound_local(const std::string& path) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        broke(fd, "bind " + path);
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    ::unlink(path.c_str());
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        broke(fd, "bind " + path);
    }
    return fd;
}

/// Reads one line without its CRLF; false if the connection ended first.
bool read_line(Wire& wire, std::string& buffer, std::string& line) {
    auto end = buffer.find("\r\n");
    while (end == std::string::npos) {
        if (buffer.size() > 1024 * 1024 || !wire.read(buffer)) {
            return false;
        }
        end = buffer.find("\r\n");
    }
    line = buffer.substr(0, end);
    buffer.erase(0, end + 2);
    return true;
}

bool read_bytes(Wire& wire, std::string& buffer, std::size_t size, std::string& into) {
    while (buffer.size() < size) {
        if (!wire.read(buffer)) {
            return false;
        }
    }
    into.append(buffer, 0, size);
    buffer.erase(0, size);
    return true;
}

bool read_chunks(Wire& wire, std::string& buffer, std::string& body) {
    std::string line;
    for (;;) {
        if (!read_line(wire, buffer, line)) {
            return false;
        }
        std::size_t size = 0;
        if (std::from_chars(line.data(), line.data() + line.size(), size, 16).ec != std::errc{}) {
            return false;
        }
        if (size == 0) {
            break;
        }
        if (!read_bytes(wire, buffer, size, body) || !read_line(wire, buffer, line)) {
            return false;
        }
    }
    while (read_line(wire, buffer, line)) {
        if (line.empty()) {
            return true;
        }
    }
    return false;
}

} // namespace

TlsContext server_context(const ServerFiles& files) {
    if (files.cert_file.empty()) {
        return {};
    }
    TlsContext context{::SSL_CTX_new(::TLS_server_method())};
    if (::SSL_CTX_use_certificate_chain_file(context.get(), files.cert_file.c_str()) != 1 ||
        ::SSL_CTX_use_PrivateKey_file(context.get(), files.key_file.c_str(), SSL_FILETYPE_PEM) !=
            1) {
        throw std::runtime_error{"scripted server: cannot use " + files.cert_file + " with " +
                                 files.key_file};
    }
    if (files.max_tls != 0) {
        ::SSL_CTX_set_min_proto_version(context.get(), 0);
        ::SSL_CTX_set_max_proto_version(context.get(), files.max_tls);
        ::SSL_CTX_set_cipher_list(context.get(), "DEFAULT@SECLEVEL=0");
    }
    if (!files.client_ca_file.empty()) {
        if (::SSL_CTX_load_verify_locations(context.get(), files.client_ca_file.c_str(), nullptr) !=
            1) {
            throw std::runtime_error{"scripted server: cannot use " + files.client_ca_file};
        }
        ::SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                             nullptr);
    }
    return context;
}

int bound_socket(const ServerFiles& files, std::uint16_t& port) {
    if (!files.unix_socket.empty()) {
        return bound_local(files.unix_socket);
    }
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    socklen_t size = sizeof address;
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        broke(fd, "bind port " + std::to_string(port));
    }
    if (port == 0) {
        port = ntohs(address.sin_port);
    }
    return fd;
}

Wire::Wire(int fd, SSL_CTX* tls) : fd_{fd} {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (tls != nullptr) {
        session_.reset(::SSL_new(tls));
        ::SSL_set_fd(session_.get(), fd);
    }
}

bool Wire::handshake() {
    ::ERR_clear_error();
    return !session_ || ::SSL_accept(session_.get()) == 1;
}

bool Wire::read(std::string& into) {
    char piece[16 * 1024];
    const auto got = session_
                         ? static_cast<ssize_t>(::SSL_read(session_.get(), piece, sizeof piece))
                         : ::recv(fd_, piece, sizeof piece, 0);
    if (got <= 0) {
        return false;
    }
    into.append(piece, static_cast<std::size_t>(got));
    return true;
}

bool Wire::write(std::string_view data) {
    while (!data.empty()) {
        const auto sent = session_
                              ? static_cast<ssize_t>(::SSL_write(session_.get(), data.data(),
                                                                 static_cast<int>(data.size())))
                              : ::send(fd_, data.data(), data.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        data.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void Wire::hang() const {
    pollfd watch{fd_, POLLRDHUP, 0};
    while (::poll(&watch, 1, -1) < 0 && errno == EINTR) {
    }
}

void Wire::reset() {
    const linger hard{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

void Wire::end_tls() {
    if (session_) {
        ::ERR_clear_error();
        ::SSL_shutdown(session_.get());
    }
}

bool read_request(Wire& wire, std::string& buffer, Seen& seen) {
    std::string line;
    if (!read_line(wire, buffer, line)) {
        return false;
    }
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string::npos || first == last) {
        return false;
    }
    seen.method = line.substr(0, first);
    seen.target = line.substr(first + 1, last - first - 1);
    for (;;) {
        if (!read_line(wire, buffer, line)) {
            return false;
        }
        if (line.empty()) {
            break;
        }
        const auto colon = line.find(':');
        if (colon == std::string::npos) {
            return false;
        }
        seen.headers.push_back(
            {line.substr(0, colon),
             std::string{common::trim(std::string_view{line}.substr(colon + 1))}});
    }
    if (common::equal_ignoring_case(seen.header("Expect"), "100-continue") &&
        !wire.write("HTTP/1.1 100 Continue\r\n\r\n")) {
        return false;
    }
    if (common::equal_ignoring_case(seen.header("Transfer-Encoding"), "chunked")) {
        return read_chunks(wire, buffer, seen.body);
    }
    const auto length = seen.header("Content-Length");
    std::size_t size = 0;
    std::from_chars(length.data(), length.data() + length.size(), size);
    return read_bytes(wire, buffer, size, seen.body);
}

} // namespace test
