#include "common/http_client/dialer.hpp"

#include "common/http_client/shortage.hpp"

#include <algorithm>
#include <sys/un.h>

namespace common {

namespace {

std::string connect_failure(const ClientConnection& connection, const HttpRequest& request,
                            ClientConnection::ErrorCode why) {
    return connection.expired() ? timed_out(request.timeout, "connecting")
                                : failed_step("connect", why);
}

} // namespace

Dialer::Dialer(Executor executor, std::vector<IpRange> denied, ResolverOptions names)
    : executor_{executor}, denied_{std::move(denied)}, resolver_{std::move(executor),
                                                                 std::move(names)} {}

void Dialer::set_options(std::vector<IpRange> denied, ResolverOptions names) {
    denied_ = std::move(denied);
    resolver_.set_options(std::move(names));
    contexts_.forget();
}

Task<Dialer::Connection> Dialer::dial_local(const HttpRequest& request, Instant deadline) {
    if (request.unix_socket.size() >= sizeof(sockaddr_un{}.sun_path)) {
        co_return fail(Fault::unreachable, "connect: the path of the socket is too long");
    }
    auto connection = std::make_shared<ClientConnection>(executor_);
    connection->set_deadline(deadline);
    if (const auto failed = co_await connection->connect(request.unix_socket)) {
        co_return fail(fault_of(failed), connect_failure(*connection, request, failed));
    }
    co_return connection;
}

Task<Dialer::Connection> Dialer::dial_one_of(Addresses addresses, const HttpRequest& request,
                                             Instant deadline) {
    std::string reason;
    bool all_own = true; // an address that failed for another reason says more about the target
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        const auto now = std::chrono::steady_clock::now();
        auto connection = std::make_shared<ClientConnection>(executor_);
        connection->set_deadline(now + (deadline - now) / static_cast<int>(addresses.size() - i));
        const auto failed = co_await connection->connect(addresses[i], request.url.port);
        if (!failed && !connection->expired()) {
            connection->set_deadline(deadline);
            co_return connection;
        }
        reason = connect_failure(*connection, request, failed);
        all_own = all_own && !connection->expired() && fault_of(failed) == Fault::own;
    }
    co_return fail(all_own ? Fault::own : Fault::unreachable, reason);
}

Task<Dialer::Connection> Dialer::dial(const HttpRequest& request, Instant deadline) {
    if (!request.unix_socket.empty()) {
        co_return co_await dial_local(request, deadline);
    }
    std::shared_ptr<asio::ssl::context> context;
    if (request.url.tls()) {
        auto made = contexts_.context_for(request.tls);
        if (!made) {
            co_return fail(std::move(made.error()));
        }
        context = std::move(*made);
    }
    auto addresses = co_await resolver_.resolve(request.url.host, deadline);
    if (!addresses) {
        co_return std::chrono::steady_clock::now() < deadline
            ? fail(std::move(addresses.error()))
            : fail(Fault::unreachable, timed_out(request.timeout, "resolving"));
    }
    if (request.guarded) {
        std::erase_if(*addresses, [this](const AddressBytes& address) {
            return any_contains(denied_, address);
        });
        if (addresses->empty()) {
            co_return fail(Fault::unreachable, "target address denied");
        }
    }
    auto connection = co_await dial_one_of(std::move(*addresses), request, deadline);
    if (!connection || !context) {
        co_return connection;
    }
    const auto failed = co_await (*connection)->handshake(std::move(context), request.url.host);
    if (failed) {
        if ((*connection)->expired()) {
            co_return fail(Fault::unreachable, timed_out(request.timeout, "in the TLS handshake"));
        }
        co_return fail((*connection)->handshake_fault(failed),
                       (*connection)->handshake_failure(failed));
    }
    co_return connection;
}

} // namespace common
