// The HTTP/1.1 client. HttpClient is the interface that callers and tests see; PooledClient is the
// real one, over TCP, TLS and Unix sockets. It keeps idle connections for reuse, puts a deadline on
// every step, resolves names off the loop (one that hangs delays no other), tries a name's next
// address while one is silent, reads odd answers as tolerantly as curl does (with readers of its
// own, for Beast's is strict) and reads no more of a body than it was asked for. Loop thread;
// nothing survives a restart. The folder uses net, async, text and base, and knows nothing of
// http_server.
#pragma once

#include "common/async/task.hpp"
#include "common/base/result.hpp"
#include "common/http_client/resolver.hpp"
#include "common/net/address.hpp"
#include "common/net/certificate_dates.hpp"
#include "common/net/http.hpp"

#include <memory>
#include <string>
#include <vector>

namespace common {

/// Sends one request and returns the reply, whatever its status. An error means that there was no
/// HTTP response (Fault::unreachable), and names the step that failed: resolve, connect, TLS, write
/// or read. Nothing was sent when it is Fault::input, Fault::config (TLS files), Fault::own (a
/// shortage of this side, whoever the peer is: it passes) or Fault::date (the peer's certificate is
/// not valid at the time that this clock shows, which may be wrong). Redirects are not followed.
/// Errors never contain secrets.
class HttpClient {
  public:
    virtual ~HttpClient() = default;
    virtual Task<Result<HttpReply>> send(HttpRequest request) = 0;
};

struct ClientOptions {
    std::string user_agent;
    std::vector<IpRange> denied; ///< checked on the resolved address of `guarded` requests
    std::size_t idle_per_origin = 8;
    Millis idle_timeout{60'000}; ///< at most; peers close earlier, see idle_span()
    /// While one address of a name does not answer, the next one is tried after this (RFC 8305).
    Millis next_address_after{250};
    NameLookup lookup = {}; ///< empty: getaddrinfo(3)
    AddressVeto veto = {};  ///< asked for each resolved address of `guarded` requests
};

class PooledClient final : public HttpClient {
  public:
    explicit PooledClient(Executor executor, ClientOptions options);
    ~PooledClient() override;
    Task<Result<HttpReply>> send(HttpRequest request) override;
    /// Also closes idle connections and forgets resolved names and loaded TLS files. Requests in
    /// flight are not affected.
    void set_options(ClientOptions options);
    /// As the last handshake with each peer since set_options() has shown it.
    [[nodiscard]] const CertificateEnds& certificate_ends() const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace common
