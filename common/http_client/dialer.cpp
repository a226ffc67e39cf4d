#include "common/http_client/dialer.hpp"

#include "common/http_client/forbidden.hpp"
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

/// The error of a step, unless it says itself what failed.
tl::unexpected<Error> failed_in(Cause step, Error&& error) {
    error.cause = error.cause == Cause::other ? step : error.cause;
    return tl::unexpected<Error>{std::move(error)};
}

} // namespace

Dialer::Dialer(Executor executor, std::vector<IpRange> denied, ResolverOptions names,
               Millis next_address_after)
    : executor_{executor}, denied_{std::move(denied)},
      next_address_after_{next_address_after}, resolver_{std::move(executor), std::move(names)} {}

void Dialer::set_options(std::vector<IpRange> denied, ResolverOptions names,
                         Millis next_address_after) {
    denied_ = std::move(denied);
    next_address_after_ = next_address_after;
    resolver_.set_options(std::move(names));
    preferred_.forget();
    certificate_ends_.clear();
    contexts_.forget();
}

Task<Dialer::Connection> Dialer::dial_local(const HttpRequest& request, Instant deadline) {
    if (request.unix_socket.size() >= sizeof(sockaddr_un{}.sun_path)) {
        co_return failed_in(Cause::connection,
                            {Fault::unreachable, "connect: the path of the socket is too long"});
    }
    auto connection = std::make_shared<ClientConnection>(executor_);
    connection->set_deadline(deadline);
    if (const auto failed = co_await connection->connect(request.unix_socket)) {
        const auto cause = connection->expired() ? Cause::timeout : Cause::connection;
        co_return failed_in(cause,
                            {fault_of(failed), connect_failure(*connection, request, failed)});
    }
    co_return connection;
}

void Dialer::note_certificate(const std::string& name, const ClientConnection& connection) {
    constexpr std::size_t most_peers = 4096;
    if (certificate_ends_.size() >= most_peers && !certificate_ends_.contains(name)) {
        certificate_ends_.clear(); // names that came and went; those in use come back
    }
    if (const auto end = connection.certificate_end()) {
        certificate_ends_[name] = *end;
    }
}

Task<Dialer::Connection> Dialer::secure(Connected connected, const HttpRequest& request,
                                        std::shared_ptr<asio::ssl::context> context) {
    const auto& connection = connected.connection;
    const auto failed = co_await connection->handshake(std::move(context), request.url.host);
    if (failed) {
        co_return failed_in(Cause::tls, connection->handshake_error(failed, request.timeout));
    }
    co_return connection;
}

Task<Dialer::Connection> Dialer::dial(const HttpRequest& request, Instant deadline) {
    if (!request.unix_socket.empty()) {
        co_return co_await dial_local(request, deadline);
    }
    std::shared_ptr<asio::ssl::context> context;
    if (request.url.tls()) {
        auto made = contexts_.context_for(request.tls);
        if (!made) {
            co_return failed_in(Cause::tls, std::move(made.error()));
        }
        context = std::move(*made);
    }
    auto addresses = co_await resolver_.resolve(request.url.host, deadline);
    if (!addresses) {
        co_return failed_in(Cause::name, std::move(addresses.error()));
    }
    auto forbidden = request.guarded
                         ? remove_forbidden(*addresses, request.url.port, denied_, veto_)
                         : std::string{};
    if (addresses->empty()) {
        co_return failed_in(Cause::denied, {Fault::unreachable, forbidden});
    }
    const auto name = request.url.host + ':' + std::to_string(request.url.port);
    auto order = trial_order(*addresses, preferred_.of(name));
    auto terms = connect_terms(request.url, request.timeout, deadline, std::move(forbidden));
    terms.next_after = next_address_after_;
    auto connected = co_await connect_first(order, std::move(terms));
    if (!connected) {
        co_return fail(std::move(connected.error()));
    }
    const auto address = connected->address;
    const auto prefer = [&](const AddressBytes& one) {
        if (order.size() > 1) {
            preferred_.set(name, one);
        }
    };
    if (!context) {
        prefer(address);
        co_return std::move(connected->connection);
    }
    auto secured = co_await secure(std::move(*connected), request, std::move(context));
    if (secured) {
        note_certificate(name, **secured);
    }
    // An address that takes connections and lets no handshake through must not stay the first.
    const auto used = std::ranges::find(order, address);
    const auto other = used + 1 == order.end() ? order.begin() : used + 1;
    prefer(secured ? address : *other);
    co_return secured;
}

} // namespace common
