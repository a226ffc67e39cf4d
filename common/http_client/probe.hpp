// Probe: finds out how far a connection to a peer comes (files, name, address, TCP, TLS), on the
// way that PooledClient takes, and closes it without sending a request. Loop thread.
#pragma once

#include "common/async/task.hpp"
#include "common/base/result.hpp"
#include "common/http_client/connect_race.hpp"
#include "common/http_client/peer_certificate.hpp"
#include "common/http_client/resolver.hpp"
#include "common/http_client/tls.hpp"
#include "common/net/address.hpp"
#include "common/net/http.hpp"

#include <optional>
#include <string>
#include <vector>

namespace common {

struct ProbeOptions {
    std::vector<IpRange> denied; ///< checked on the resolved addresses where `guarded`
    AddressVeto veto = {};
    NameLookup lookup = {}; ///< empty: getaddrinfo(3)
};

struct ProbeTerms {
    Url url;
    TlsFiles tls;
    Millis timeout{10'000}; ///< for all steps together
    bool guarded = false;
};

struct ProbeResult {
    enum class Step { files, resolve, forbidden, connect, tls, none };
    Step failed = Step::none; ///< none: all went well
    Error error;              ///< of that step, in the words of the HTTP client
    bool timed_out = false;
    Addresses addresses;                 ///< all of the name's
    std::optional<AddressBytes> address; ///< the one that took the connection
    Millis connecting{0};                ///< how long that took, without the lookup
    std::optional<PeerCertificate> certificate;
};

class Probe {
  public:
    Probe(const Executor& executor, ProbeOptions options);
    /// Any number at once. The probe must outlive the coroutine.
    Task<ProbeResult> run(ProbeTerms terms);

  private:
    Task<> secure(ProbeResult& result, ClientConnection& connection, const ProbeTerms& terms,
                  std::shared_ptr<asio::ssl::context> context);
    Task<> await_objection(ProbeResult& result, ClientConnection& connection, Millis timeout);

    ProbeOptions options_;
    Resolver resolver_;
    TlsContexts contexts_;
};

} // namespace common
