// Dialer: opens connections for requests. It resolves, refuses denied networks, connects and does
// the TLS handshake. Loop thread. Internal to PooledClient.
#pragma once

#include "common/async/task.hpp"
#include "common/base/result.hpp"
#include "common/http_client/connect_race.hpp"
#include "common/http_client/connection.hpp"
#include "common/http_client/resolver.hpp"
#include "common/http_client/tls.hpp"
#include "common/net/address.hpp"
#include "common/net/certificate_dates.hpp"
#include "common/net/http.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace common {

class Dialer {
  public:
    using Connection = Result<std::shared_ptr<ClientConnection>>;

    Dialer(Executor executor, std::vector<IpRange> denied, ResolverOptions names,
           Millis next_address_after);

    /// Returns a connection that is ready for the request, with `deadline` set. The addresses of a
    /// name are tried as connect_first() does, the one that worked last first. `request` outlives
    /// the coroutine. Errors: Fault::unreachable, Fault::own, Fault::date, or Fault::config for TLS
    /// files.
    Task<Connection> dial(const HttpRequest& request, Instant deadline);

    /// Forgets the addresses and the contents of TLS files that it knows.
    void set_options(std::vector<IpRange> denied, ResolverOptions names, Millis next_address_after);
    void set_veto(AddressVeto veto) { veto_ = std::move(veto); }
    /// By "host:port", since the last set_options().
    [[nodiscard]] const CertificateEnds& certificate_ends() const { return certificate_ends_; }
    /// After this the loop may end, even while a name is being looked up.
    void close() { resolver_.close(); }

  private:
    Task<Connection> dial_local(const HttpRequest& request, Instant deadline);
    Task<Connection> secure(Connected connected, const HttpRequest& request,
                            std::shared_ptr<asio::ssl::context> context);
    void note_certificate(const std::string& name, const ClientConnection& connection);

    Executor executor_;
    std::vector<IpRange> denied_;
    AddressVeto veto_;
    Millis next_address_after_;
    Resolver resolver_;
    PreferredAddresses preferred_;
    TlsContexts contexts_;
    CertificateEnds certificate_ends_;
};

} // namespace common
