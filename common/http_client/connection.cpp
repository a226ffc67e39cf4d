#include "common/http_client/connection.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>
#include <cctype>
#include <optional>
#include <sys/socket.h>
#include <sys/un.h>

namespace common {

namespace {

namespace ssl = asio::ssl;
// One type for TCP and for Unix sockets, so everything above is compiled once.
using Protocol = asio::generic::stream_protocol;
constexpr std::size_t read_size = 8 * 1024;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

asio::ip::tcp::endpoint endpoint_of(const AddressBytes& address, std::uint16_t port) {
    const asio::ip::address_v6 whole{address};
    if (whole.is_v4_mapped()) {
        return {asio::ip::make_address_v4(asio::ip::v4_mapped, whole), port};
    }
    return {whole, port};
}

} // namespace

struct ClientConnection::Stream {
    explicit Stream(const Executor& executor) : socket{executor} {}
    Protocol::socket socket;
    std::shared_ptr<ssl::context> context;
    std::optional<ssl::stream<Protocol::socket&>> tls;
};

ClientConnection::ClientConnection(const Executor& executor)
    : stream_{std::make_unique<Stream>(executor)}, timer_{executor} {}

ClientConnection::~ClientConnection() = default;

Task<std::tuple<ClientConnection::ErrorCode>> ClientConnection::connect(const AddressBytes& address,
                                                                        std::uint16_t port) {
    const Protocol::endpoint peer{endpoint_of(address, port)};
    ErrorCode failed;
    // A failure to open shows up again, in the step itself.
    stream_->socket.open(peer.protocol(), failed);
    stream_->socket.set_option(asio::ip::tcp::no_delay{true}, failed);
    return stream_->socket.async_connect(peer, as_result);
}

Task<std::tuple<ClientConnection::ErrorCode>>
ClientConnection::connect(const std::string& unix_socket) {
    return stream_->socket.async_connect(
        Protocol::endpoint{asio::local::stream_protocol::endpoint{unix_socket}}, as_result);
}

Task<std::tuple<ClientConnection::ErrorCode>>
ClientConnection::handshake(std::shared_ptr<ssl::context> context, const std::string& host) {
    stream_->context = std::move(context);
    auto& tls = stream_->tls.emplace(stream_->socket, *stream_->context);
    if (!expect_host(tls.native_handle(), host)) {
        // Nothing can be verified against such a name, so the peer must not get through.
        close();
    }
    return tls.async_handshake(ssl::stream_base::client, as_result);
}

std::string ClientConnection::handshake_failure(ErrorCode why) const {
    const auto fault = certificate_fault(stream_->tls->native_handle());
    return fault.empty() ? failed_step("TLS", why) : "TLS: " + fault;
}

Task<ClientConnection::Moved> ClientConnection::read_some() {
    const auto before = received_.size();
    received_.resize(before + read_size);
    const auto space = asio::buffer(received_.data() + before, read_size);
    auto reading = stream_->tls ? stream_->tls->async_read_some(space, as_result)
                                : stream_->socket.async_read_some(space, as_result);
    const auto moved = co_await std::move(reading);
    received_.resize(before + std::get<1>(moved));
    co_return moved;
}

Task<ClientConnection::Moved> ClientConnection::write(std::string_view head,
                                                      std::string_view body) {
    const std::array<asio::const_buffer, 2> both{asio::buffer(head), asio::buffer(body)};
    return stream_->tls ? asio::async_write(*stream_->tls, both, as_result)
                        : asio::async_write(stream_->socket, both, as_result);
}

void ClientConnection::set_deadline(Instant when) {
    deadline_ = when;
    if (when < next_look_) {
        look_again_at(when);
    }
}

void ClientConnection::look_again_at(Instant when) {
    next_look_ = when;
    timer_.expires_at(when);
    timer_.async_wait([weak = weak_from_this(), when](ErrorCode stopped) {
        const auto self = weak.lock();
        // A look that was put off may already be on its way with success: it is not the one that is
        // waited for.
        if (stopped || !self || self->next_look_ != when) {
            return;
        }
        self->next_look_ = Instant::max();
        if (self->deadline_ <= std::chrono::steady_clock::now()) {
            self->expired_ = true;
            self->close();
        } else if (self->deadline_ != Instant::max()) {
            self->look_again_at(self->deadline_);
        }
    });
}

bool ClientConnection::is_quiet() const {
    if (!stream_->socket.is_open()) {
        return false;
    }
    char byte = 0;
    // A const socket has no native_handle(); looking changes nothing.
    const auto got = ::recv(stream_->socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void ClientConnection::close() {
    ErrorCode ignored;
    stream_->socket.close(ignored);
}

std::string failed_step(std::string_view step, ClientConnection::ErrorCode why) {
    if (is_tls_error(why)) {
        return "TLS: " + tls_reason(why);
    }
    auto reason = why == asio::error::eof ? "the peer closed the connection" : why.message();
    reason.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(reason.front())));
    return std::string{step} + ": " + reason;
}

std::string timed_out(Millis timeout, std::string_view doing) {
    const auto whole = timeout.count() % 1000 == 0;
    const auto span = whole ? std::to_string(timeout.count() / 1000) + " s"
                            : std::to_string(timeout.count()) + " ms";
    return "timed out after " + span + " while " + std::string{doing};
}

void stop_if_cancelled(const asio::cancellation_state& state) {
    if (state.cancelled() != asio::cancellation_type::none) {
        throw boost::system::system_error{asio::error::operation_aborted};
    }
}

Dialer::Dialer(Executor executor, std::vector<IpRange> denied, ResolverOptions names)
    : executor_{executor}, denied_{std::move(denied)}, resolver_{std::move(executor),
                                                                 std::move(names)} {}

void Dialer::renew(std::vector<IpRange> denied, ResolverOptions names) {
    denied_ = std::move(denied);
    resolver_.renew(std::move(names));
    contexts_.forget();
}

bool Dialer::is_denied(const AddressBytes& address) const {
    return std::ranges::any_of(denied_,
                               [&](const IpRange& network) { return network.contains(address); });
}

Task<Dialer::Dialed> Dialer::dial_local(const HttpRequest& request, Instant deadline) {
    if (request.unix_socket.size() >= sizeof(sockaddr_un{}.sun_path)) {
        co_return fail(Fault::unreachable, "connect: the path of the socket is too long");
    }
    auto connection = std::make_shared<ClientConnection>(executor_);
    connection->set_deadline(deadline);
    auto connecting = connection->connect(request.unix_socket);
    const auto [failed] = co_await std::move(connecting);
    if (failed) {
        const auto state = co_await asio::this_coro::cancellation_state;
        stop_if_cancelled(state);
        co_return fail(Fault::unreachable, connection->expired()
                                               ? timed_out(request.timeout, "connecting")
                                               : failed_step("connect", failed));
    }
    co_return connection;
}

Task<Dialer::Dialed> Dialer::dial_one_of(Addresses addresses, const HttpRequest& request,
                                         Instant deadline) {
    std::string reason;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        const auto now = std::chrono::steady_clock::now();
        auto connection = std::make_shared<ClientConnection>(executor_);
        connection->set_deadline(now + (deadline - now) / static_cast<int>(addresses.size() - i));
        auto connecting = connection->connect(addresses[i], request.url.port);
        const auto [failed] = co_await std::move(connecting);
        if (!failed && !connection->expired()) {
            connection->set_deadline(deadline);
            co_return connection;
        }
        const auto state = co_await asio::this_coro::cancellation_state;
        stop_if_cancelled(state);
        reason = connection->expired() ? timed_out(request.timeout, "connecting")
                                       : failed_step("connect", failed);
    }
    co_return fail(Fault::unreachable, reason);
}

Task<Dialer::Dialed> Dialer::dial(const HttpRequest& request, Instant deadline) {
    if (!request.unix_socket.empty()) {
        auto local = dial_local(request, deadline);
        co_return co_await std::move(local);
    }
    std::shared_ptr<ssl::context> context;
    if (request.url.tls()) {
        auto made = contexts_.context_for(request.tls);
        if (!made) {
            co_return fail(std::move(made.error()));
        }
        context = std::move(*made);
    }
    auto resolving = resolver_.resolve(request.url.host, deadline);
    auto addresses = co_await std::move(resolving);
    if (!addresses) {
        co_return std::chrono::steady_clock::now() < deadline
            ? fail(std::move(addresses.error()))
            : fail(Fault::unreachable, timed_out(request.timeout, "resolving"));
    }
    if (request.guarded) {
        std::erase_if(*addresses,
                      [this](const AddressBytes& address) { return is_denied(address); });
        if (addresses->empty()) {
            co_return fail(Fault::unreachable, "target address denied");
        }
    }
    auto connecting = dial_one_of(std::move(*addresses), request, deadline);
    auto connection = co_await std::move(connecting);
    if (!connection || !context) {
        co_return connection;
    }
    auto shaking = (*connection)->handshake(std::move(context), request.url.host);
    const auto [failed] = co_await std::move(shaking);
    if (failed) {
        const auto state = co_await asio::this_coro::cancellation_state;
        stop_if_cancelled(state);
        const bool late = (*connection)->expired();
        co_return fail(Fault::unreachable, late ? timed_out(request.timeout, "in the TLS handshake")
                                                : (*connection)->handshake_failure(failed));
    }
    co_return connection;
}

} // namespace common
