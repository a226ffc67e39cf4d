// Connects to whichever of a name's addresses answers (RFC 8305, "happy eyeballs"): one address
// after another, the next as soon as one fails or has been silent for a quarter of a second, while
// the earlier ones may still answer. And a memory of the address that answered. Loop thread;
// nothing survives a restart. Internal to PooledClient.
#pragma once

#include "common/async/task.hpp"
#include "common/base/result.hpp"
#include "common/http_client/connection.hpp"
#include "common/http_client/resolver.hpp"
#include "common/net/http.hpp"

#include <deque>
#include <map>
#include <memory>
#include <string>

namespace common {

/// The order in which to try them: IPv6 and IPv4 in turn, beginning with the family of the first
/// one; each once; `preferred` before all others, if it is among them.
Addresses trial_order(const Addresses& addresses, const std::optional<AddressBytes>& preferred);

struct Connected {
    std::shared_ptr<ClientConnection> connection;
    AddressBytes address{};
};

struct ConnectTerms {
    std::uint16_t port = 0;
    Instant deadline;
    Millis next_after{250}; ///< how long an address may be silent before the next one is tried
    std::string timed_out;  ///< the error when the deadline passes
    bool name_them = false; ///< whether errors name the addresses: those of a name
    std::string forbidden;  ///< why other addresses of the name were left out: errors say so
};

/// For connections to the host and port of `url`; `timeout` is what the deadline was made of.
ConnectTerms connect_terms(const Url& url, Millis timeout, Instant deadline, std::string forbidden);

/// Tries `addresses`, of which there is one at least, in that order. The connection has the
/// deadline set. The others are closed when one answers; at most eight are open at once, and then
/// the oldest makes room. Errors name every address that was tried and why it failed.
/// Fault::unreachable; Fault::own if an address was not tried for a shortage of this side, for it
/// may have answered. When the coroutine is cancelled it throws operation_aborted.
Task<Result<Connected>> connect_first(Addresses addresses, ConnectTerms terms);

/// For each host name and port the address to try first; of the names used last. A value.
class PreferredAddresses {
  public:
    [[nodiscard]] std::optional<AddressBytes> of(const std::string& name) const;
    void set(const std::string& name, const AddressBytes& address);
    void forget();

  private:
    std::map<std::string, AddressBytes> known_;
    std::deque<std::string> oldest_first_;
};

} // namespace common
