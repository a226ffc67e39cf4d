#include "common/http_client/connection.hpp"

#include "common/base/ascii.hpp"
#include "common/http_client/acknowledged.hpp"
#include "common/http_client/shortage.hpp"
#include "common/http_client/tls.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <optional>
#include <sys/socket.h>
#include <unistd.h>

namespace common {

namespace {

namespace ssl = asio::ssl;
using ErrorCode = ClientConnection::ErrorCode;
// One type for TCP and Unix sockets, so that everything above it is compiled once.
using Protocol = asio::generic::stream_protocol;
// Most responses are short, and space that is read into is first filled with zeros.
constexpr std::size_t short_read = 1024;
constexpr std::size_t long_read = 8 * 1024;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

asio::ip::tcp::endpoint endpoint_of(const AddressBytes& address, std::uint16_t port) {
    const asio::ip::address_v6 whole{address};
    if (whole.is_v4_mapped()) {
        return {asio::ip::make_address_v4(asio::ip::v4_mapped, whole), port};
    }
    return {whole, port};
}

/// Whether this system has an address from which to reach the peer. A datagram socket needs no TCP
/// port, and connecting it sends nothing.
bool has_local_address(const Protocol::endpoint& peer) {
    const int probe = ::socket(peer.data()->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (probe < 0) {
        return true;
    }
    const bool has = ::connect(probe, peer.data(), static_cast<socklen_t>(peer.size())) == 0;
    ::close(probe);
    return has;
}

/// After a failed step: throws operation_aborted if it failed because the coroutine was cancelled.
/// A step that succeeded counts even then.
Task<> throw_if_cancelled() {
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
        throw boost::system::system_error{asio::error::operation_aborted};
    }
}

} // namespace

struct ClientConnection::Stream {
    explicit Stream(const Executor& executor) : socket{executor} {}
    Protocol::socket socket;
    bool tcp = false;
    std::shared_ptr<ssl::context> context;
    std::optional<ssl::stream<Protocol::socket&>> tls;
};

ClientConnection::ClientConnection(const Executor& executor)
    : stream_{std::make_unique<Stream>(executor)}, deadline_{executor, [this] {
                                                                 expired_ = true;
                                                                 close();
                                                             }} {}

ClientConnection::~ClientConnection() = default;

Task<ErrorCode> ClientConnection::connect(const AddressBytes& address, std::uint16_t port) {
    const Protocol::endpoint peer = endpoint_of(address, port);
    stream_->tcp = true;
    ErrorCode ignored; // async_connect reports a failure to open as its own
    stream_->socket.open(peer.protocol(), ignored);
    stream_->socket.set_option(asio::ip::tcp::no_delay{true}, ignored);
    const auto [failed] = co_await stream_->socket.async_connect(peer, as_result);
    if (failed) {
        co_await throw_if_cancelled();
    }
    // Linux has one errno for "no local port is left" and "no local address for that network".
    if (failed == boost::system::errc::address_not_available && !has_local_address(peer)) {
        co_return asio::error::network_unreachable;
    }
    co_return failed;
}

Task<ErrorCode> ClientConnection::connect(const std::string& unix_socket) {
    const Protocol::endpoint peer = asio::local::stream_protocol::endpoint{unix_socket};
    const auto [failed] = co_await stream_->socket.async_connect(peer, as_result);
    if (failed) {
        co_await throw_if_cancelled();
    }
    co_return failed;
}

Task<ErrorCode> ClientConnection::handshake(std::shared_ptr<ssl::context> context,
                                            const std::string& host) {
    stream_->context = std::move(context);
    auto& tls = stream_->tls.emplace(stream_->socket, *stream_->context);
    if (!expect_host(tls.native_handle(), host)) {
        close(); // no certificate can be verified for such a name, so the handshake must fail
    }
    const auto [failed] = co_await tls.async_handshake(ssl::stream_base::client, as_result);
    if (failed) {
        co_await throw_if_cancelled();
    }
    co_return failed;
}

std::optional<WallTime> ClientConnection::certificate_end() const {
    return chain_end(stream_->tls->native_handle());
}

Error ClientConnection::handshake_error(ErrorCode why, Millis timeout) const {
    if (expired()) {
        return {Fault::unreachable, timed_out(timeout, "in the TLS handshake"), Cause::timeout};
    }
    const auto* const session = stream_->tls->native_handle();
    const auto fault = certificate_fault(session);
    return {has_wrong_dates(session) ? Fault::date : fault_of(why),
            fault.empty() ? failed_step("TLS", why) : "TLS: " + fault};
}

const ssl_st* ClientConnection::tls_session() const {
    return stream_->tls ? stream_->tls->native_handle() : nullptr;
}

Task<ErrorCode> ClientConnection::read_some() {
    if (ended_) {
        co_return asio::error::eof; // Asio would wait for news, and there are none
    }
    const auto before = received_.size();
    const auto most = more_is_likely_ ? long_read : short_read;
    received_.resize(before + most);
    const auto space = asio::buffer(received_.data() + before, most);
    auto reading = stream_->tls ? stream_->tls->async_read_some(space, as_result)
                                : stream_->socket.async_read_some(space, as_result);
    const auto [failed, size] = co_await std::move(reading);
    received_.resize(before + size);
    more_is_likely_ = size == most;
    ended_ = failed == asio::error::eof;
    if (failed) {
        co_await throw_if_cancelled();
    }
    co_return failed;
}

Task<ErrorCode> ClientConnection::write(std::string_view head, std::string_view body) {
    const std::array<asio::const_buffer, 2> both{asio::buffer(head), asio::buffer(body)};
    written_ = 0;
    if (stream_->tls) {
        acknowledged_before_ = acknowledged_bytes(stream_->socket.native_handle());
    }
    auto writing = stream_->tls ? asio::async_write(*stream_->tls, both, as_result)
                                : asio::async_write(stream_->socket, both, as_result);
    const auto [failed, size] = co_await std::move(writing);
    written_ = size;
    if (failed) {
        co_await throw_if_cancelled();
    }
    co_return failed;
}

bool ClientConnection::is_unacknowledged() const {
    const auto socket = stream_->socket.native_handle();
    if (stream_->tls) {
        return acknowledged_before_ && acknowledged_bytes(socket) == acknowledged_before_;
    }
    // The last bytes written are the last to be acknowledged. On a Unix socket the count is of
    // buffers, and nothing may be concluded from it.
    return stream_->tcp && written_ > 0 && unacknowledged_bytes(socket) >= written_;
}

bool ClientConnection::is_quiet() {
    if (!stream_->socket.is_open()) {
        return false;
    }
    char byte = 0;
    if (stream_->tls) {
        // A close_notify may have come with the last bytes of a response, and then it is no longer
        // in the socket. This looks only at what Asio has handed to OpenSSL.
        auto* const session = stream_->tls->native_handle();
        ::ERR_clear_error();
        const int peeked = ::SSL_peek(session, &byte, 1);
        if (::SSL_get_error(session, peeked) != SSL_ERROR_WANT_READ) {
            return false;
        }
    }
    const auto size = ::recv(stream_->socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void ClientConnection::close() {
    ErrorCode ignored;
    stream_->socket.close(ignored);
}

std::string reason_of(ErrorCode why) {
    auto reason = why == asio::error::eof ? "the peer closed the connection" : why.message();
    reason.front() = ascii_lower(reason.front());
    return reason;
}

std::string failed_step(std::string_view step, ErrorCode why) {
    return is_tls_error(why) ? "TLS: " + tls_reason(why)
                             : std::string{step} + ": " + reason_of(why);
}

std::string timed_out(Millis timeout, std::string_view doing) {
    const bool whole = timeout.count() % 1000 == 0;
    const auto span = whole ? std::to_string(timeout.count() / 1000) + " s"
                            : std::to_string(timeout.count()) + " ms";
    return "timed out after " + span + " while " + std::string{doing};
}

} // namespace common
