#include "test/support/raw_client.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdexcept>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace test {
namespace {

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    return first == text.npos ? std::string_view{}
                              : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error{errno, std::generic_category(), "raw client: " + what};
}

} // namespace

std::string RawReply::header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (key.size() == name.size() && ::strncasecmp(key.data(), name.data(), name.size()) == 0) {
            return value;
        }
    }
    return {};
}

struct RawClient::State {
    int fd = -1;
    SSL_CTX* context = nullptr;
    SSL* ssl = nullptr;
    bool ended = false; ///< the peer has closed (and not merely kept silent)
    std::string buffer; ///< received and not given out yet

    State(const sockaddr* address, socklen_t size, std::chrono::milliseconds timeout) {
        fd = ::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
        timeval span{};
        span.tv_sec = static_cast<decltype(span.tv_sec)>(seconds.count());
        span.tv_usec = static_cast<decltype(span.tv_usec)>(
            std::chrono::microseconds{timeout - seconds}.count());
        ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &span, sizeof span);
        ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &span, sizeof span);
        if (::connect(fd, address, size) != 0) {
            const int why = errno;
            ::close(fd);
            errno = why;
            fail("connect");
        }
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        SSL_free(ssl);
        SSL_CTX_free(context);
        if (fd >= 0) {
            ::close(fd);
        }
    }

    void start_tls(const std::string& ca_file) {
        std::signal(SIGPIPE, SIG_IGN); // OpenSSL writes without MSG_NOSIGNAL
        context = SSL_CTX_new(TLS_client_method());
        SSL_CTX_load_verify_locations(context, ca_file.c_str(), nullptr);
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
        ssl = SSL_new(context);
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), "127.0.0.1");
        SSL_set_fd(ssl, fd);
        if (SSL_connect(ssl) != 1) {
            throw std::runtime_error{"raw client: TLS handshake"};
        }
    }

    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto sent = ssl ? SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size()))
                                  : ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) {
                return false;
            }
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    bool fill() {
        char chunk[16 * 1024];
        const auto got =
            ssl ? SSL_read(ssl, chunk, sizeof chunk) : ::recv(fd, chunk, sizeof chunk, 0);
        if (got > 0) {
            buffer.append(chunk, static_cast<std::size_t>(got));
            return true;
        }
        ended = got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
        return false;
    }

    std::optional<std::string> take(std::size_t size) {
        while (buffer.size() < size) {
            if (!fill()) {
                return std::nullopt;
            }
        }
        auto taken = buffer.substr(0, size);
        buffer.erase(0, size);
        return taken;
    }

    /// Up to and with `mark`.
    std::optional<std::string> take_through(std::string_view mark) {
        auto at = buffer.find(mark);
        while (at == buffer.npos) {
            if (!fill()) {
                return std::nullopt;
            }
            at = buffer.find(mark);
        }
        return take(at + mark.size());
    }
};

RawClient::RawClient(std::unique_ptr<State> state) : state_{std::move(state)} {}
RawClient::RawClient(RawClient&&) noexcept = default;
RawClient& RawClient::operator=(RawClient&&) noexcept = default;
RawClient::~RawClient() = default;

RawClient RawClient::tcp(std::uint16_t port, std::chrono::milliseconds timeout) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto state = std::make_unique<State>(reinterpret_cast<const sockaddr*>(&address),
                                         static_cast<socklen_t>(sizeof address), timeout);
    const int yes = 1;
    ::setsockopt(state->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return RawClient{std::move(state)};
}

RawClient RawClient::local(const std::string& path, std::chrono::milliseconds timeout) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        throw std::runtime_error{"raw client: path too long: " + path};
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    return RawClient{std::make_unique<State>(reinterpret_cast<const sockaddr*>(&address),
                                             static_cast<socklen_t>(sizeof address), timeout)};
}

RawClient RawClient::tls(std::uint16_t port, const std::string& ca_file,
                         std::chrono::milliseconds timeout) {
    auto client = tcp(port, timeout);
    client.state_->start_tls(ca_file);
    return client;
}

bool RawClient::send(std::string_view bytes) {
    return state_->send(bytes);
}

std::optional<RawReply> RawClient::read(bool head_only) {
    auto head = state_->take_through("\r\n\r\n");
    if (!head || head->size() < 12) {
        return std::nullopt;
    }
    RawReply reply;
    reply.head = std::move(*head);
    reply.status =
        static_cast<unsigned>(std::strtoul(reply.head.c_str() + sizeof "HTTP/1.1", nullptr, 10));
    for (auto at = reply.head.find("\r\n") + 2; at + 2 < reply.head.size();) {
        const auto end = reply.head.find("\r\n", at);
        const std::string_view line{reply.head.data() + at, end - at};
        const auto colon = line.find(':');
        if (colon != line.npos) {
            reply.headers.push_back(
                {std::string{line.substr(0, colon)}, std::string{trimmed(line.substr(colon + 1))}});
        }
        at = end + 2;
    }
    if (head_only || reply.status < 200 || reply.status == 204 || reply.status == 304) {
        return reply;
    }
    if (reply.header("Transfer-Encoding") == "chunked") {
        for (;;) {
            const auto line = state_->take_through("\r\n");
            const auto size = line ? std::strtoul(line->c_str(), nullptr, 16) : 0;
            auto chunk = line ? state_->take(size + 2) : std::nullopt;
            if (!chunk) {
                return std::nullopt;
            }
            if (size == 0) {
                return reply;
            }
            reply.body.append(*chunk, 0, size);
        }
    }
    if (const auto length = reply.header("Content-Length"); !length.empty()) {
        auto body = state_->take(std::strtoul(length.c_str(), nullptr, 10));
        if (!body) {
            return std::nullopt;
        }
        reply.body = std::move(*body);
    } else {
        reply.body = read_to_end();
    }
    return reply;
}

std::optional<RawReply> RawClient::ask(std::string_view bytes) {
    send(bytes); // a peer that takes no more may still have answered
    return read();
}

std::string RawClient::read_to_end() {
    while (state_->fill()) {
    }
    return std::exchange(state_->buffer, {});
}

bool RawClient::closed() {
    return read_to_end().empty() && state_->ended;
}

void RawClient::finish() {
    ::shutdown(state_->fd, SHUT_WR);
}

void RawClient::reset() {
    const linger at_once{1, 0};
    ::setsockopt(state_->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(std::exchange(state_->fd, -1));
}

std::string RawClient::get(std::string_view target) {
    return "GET " + std::string{target} + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

std::string RawClient::post(std::string_view target, std::string_view body,
                            std::string_view headers) {
    return "POST " + std::string{target} + " HTTP/1.1\r\nHost: localhost\r\n" +
           std::string{headers} + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           std::string{body};
}

} // namespace test
