#include "common/http_client/probe.hpp"

#include "common/http_client/connection.hpp"
#include "common/http_client/forbidden.hpp"

namespace common {

namespace {

using Step = ProbeResult::Step;
using std::chrono::steady_clock;

/// TLS 1.3 refuses a client's certificate, or the lack of one, only after the handshake.
constexpr Millis objection_within{1'000};

} // namespace

Probe::Probe(const Executor& executor, ProbeOptions options)
    : options_{std::move(options)}, resolver_{executor, ResolverOptions{options_.lookup}} {}

Task<ProbeResult> Probe::run(ProbeTerms terms) {
    const auto deadline = steady_clock::now() + terms.timeout;
    ProbeResult result;
    const auto stop = [&](Step step, Error error) {
        result.failed = step;
        result.error = std::move(error);
        result.timed_out = steady_clock::now() >= deadline;
    };
    std::shared_ptr<asio::ssl::context> context;
    if (terms.url.tls()) {
        auto made = contexts_.context_for(terms.tls);
        if (!made) {
            stop(Step::files, std::move(made.error()));
            co_return result;
        }
        context = std::move(*made);
        note_certificates(*context);
    }
    auto addresses = co_await resolver_.resolve(terms.url.host, deadline);
    if (!addresses) {
        stop(Step::resolve, std::move(addresses.error()));
        co_return result;
    }
    result.addresses = *addresses;
    auto forbidden =
        terms.guarded ? remove_forbidden(*addresses, terms.url.port, options_.denied, options_.veto)
                      : std::string{};
    if (addresses->empty()) {
        stop(Step::forbidden, Error{Fault::unreachable, std::move(forbidden)});
        co_return result;
    }
    const auto begin = steady_clock::now();
    auto order = trial_order(*addresses, std::nullopt);
    auto how = connect_terms(terms.url, terms.timeout, deadline, std::move(forbidden));
    auto connected = co_await connect_first(std::move(order), std::move(how));
    if (!connected) {
        stop(Step::connect, std::move(connected.error()));
        co_return result;
    }
    result.connecting = std::chrono::duration_cast<Millis>(steady_clock::now() - begin);
    result.address = connected->address;
    if (context) {
        co_await secure(result, *connected->connection, terms, std::move(context));
    }
    connected->connection->close();
    co_return result;
}

Task<> Probe::secure(ProbeResult& result, ClientConnection& connection, const ProbeTerms& terms,
                     std::shared_ptr<asio::ssl::context> context) {
    const auto failed = co_await connection.handshake(std::move(context), terms.url.host);
    result.certificate = peer_certificate(connection.tls_session());
    if (failed) {
        result.failed = Step::tls;
        result.timed_out = connection.expired();
        result.error = connection.handshake_error(failed, terms.timeout);
        co_return;
    }
    const bool asked = result.certificate && result.certificate->asks_for_one;
    if (asked || !terms.tls.client_cert_file.empty()) {
        co_await await_objection(result, connection, std::min(terms.timeout, objection_within));
    }
}

/// Silence is consent.
Task<> Probe::await_objection(ProbeResult& result, ClientConnection& connection, Millis timeout) {
    connection.set_deadline(steady_clock::now() + timeout);
    const auto failed = co_await connection.read_some();
    if (failed && !connection.expired()) {
        result.failed = Step::tls;
        result.error = Error{Fault::unreachable, failed_step("TLS", failed)};
    }
}

} // namespace common
