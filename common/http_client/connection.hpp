// ClientConnection: one stream to a server (TCP, TLS over it, or a Unix socket) with a deadline on
// whatever it does, and Dialer, which makes them. Loop thread. The business of BeastClient alone.
#pragma once

#include "common/async/task.hpp"
#include "common/base/result.hpp"
#include "common/http_client/resolver.hpp"
#include "common/http_client/tls.hpp"
#include "common/net/address.hpp"
#include "common/net/http.hpp"

#include <boost/system/error_code.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace common {

/// Steps give an error code and, where bytes move, how many. Cancellation of the coroutine and the
/// deadline both end a step with an error; expired() tells which it was.
class ClientConnection : public std::enable_shared_from_this<ClientConnection> {
  public:
    using ErrorCode = boost::system::error_code;
    using Moved = std::tuple<ErrorCode, std::size_t>;

    explicit ClientConnection(const Executor& executor);
    ~ClientConnection();

    Task<std::tuple<ErrorCode>> connect(const AddressBytes& address, std::uint16_t port);
    Task<std::tuple<ErrorCode>> connect(const std::string& unix_socket);
    /// `context` is kept.
    Task<std::tuple<ErrorCode>> handshake(std::shared_ptr<boost::asio::ssl::context> context,
                                          const std::string& host);
    /// "TLS: certificate has expired".
    [[nodiscard]] std::string handshake_failure(ErrorCode why) const;

    /// Whatever comes next goes behind received().
    Task<Moved> read_some();
    [[nodiscard]] std::string_view received() const { return received_; }
    void consume(std::size_t size) { received_.erase(0, size); }
    /// Both, one behind the other, in one go; they must outlive the step.
    Task<Moved> write(std::string_view head, std::string_view body);

    /// At that time the connection is closed, whatever it is doing. Setting it costs nothing as
    /// long as deadlines only move on: one timer looks when the earliest of them comes.
    void set_deadline(Instant when);
    [[nodiscard]] bool expired() const { return expired_; }

    /// Open, and the peer has neither said nor closed anything: fit for a request. One look at the
    /// socket.
    [[nodiscard]] bool is_quiet() const;
    void close();

  private:
    struct Stream;
    void look_again_at(Instant when);

    std::unique_ptr<Stream> stream_;
    std::string received_;
    asio::steady_timer timer_;
    Instant deadline_ = Instant::max();
    Instant next_look_ = Instant::max();
    bool expired_ = false;
};

/// "connect: connection refused", "TLS: tlsv13 alert certificate required".
std::string failed_step(std::string_view step, ClientConnection::ErrorCode why);
/// "timed out after 10 s while connecting".
std::string timed_out(Millis timeout, std::string_view doing);
/// Throws operation_aborted when the coroutine whose state this is was cancelled. After a step that
/// failed.
void stop_if_cancelled(const asio::cancellation_state& state);

class Dialer {
  public:
    Dialer(Executor executor, std::vector<IpRange> denied, ResolverOptions names);

    /// Resolves, connects and shakes hands until `deadline`; each address gets a fair share of what
    /// is left of it. `request` outlives the coroutine. Errors: Fault::unreachable, or
    /// Fault::config for TLS files.
    Task<Result<std::shared_ptr<ClientConnection>>> dial(const HttpRequest& request,
                                                         Instant deadline);

    /// Names and TLS files are read anew.
    void renew(std::vector<IpRange> denied, ResolverOptions names);
    /// The loop may end from now on, whatever name is still being looked up.
    void close() { resolver_.close(); }

  private:
    using Dialed = Result<std::shared_ptr<ClientConnection>>;
    Task<Dialed> dial_local(const HttpRequest& request, Instant deadline);
    Task<Dialed> dial_one_of(Addresses addresses, const HttpRequest& request, Instant deadline);
    [[nodiscard]] bool is_denied(const AddressBytes& address) const;

    Executor executor_;
    std::vector<IpRange> denied_;
    Resolver resolver_;
    TlsContexts contexts_;
};

} // namespace common
