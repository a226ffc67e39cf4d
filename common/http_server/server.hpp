// Server: HTTP/1.1 on TCP (with or without TLS) and on a Unix socket. Loop thread.
//
// Two things are bounded over all connections: their number (per listener, so that the Unix socket
// has its own), and the bytes that they hold, in a budget that the owner may share with others.
// Where either is short, the connection that is least useful yields (standing.hpp), and who finds
// no place is told so with 503 and Retry-After.
//
// The folder keeps the rules of the protocol (limits, time-outs, keep-alive, 100-continue,
// malformed requests answered with problem+json) and asks its owner's gate for everything else. It
// uses common/net, common/async and common/base, and does not know what is served.
#pragma once

#include "common/base/memory_budget.hpp"
#include "common/base/result.hpp"
#include "common/http_server/handler.hpp"
#include "common/http_server/options.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace common::http_server {

class Server {
  public:
    /// `memory` outlives the loop's last turn.
    Server(Executor executor, Options options, MemoryBudget& memory, Gate gate);
    ~Server();

    /// `address` is "host:port" with a numeric host ("127.0.0.1:0", "[::]:8093"). Returns the port
    /// that was bound. Empty files: no TLS.
    Result<std::uint16_t> listen(const std::string& address, const std::string& cert_file,
                                 const std::string& key_file);
    /// Replaces a socket file that no process listens on; one that is in use is an error. stop()
    /// removes the file.
    Result<void> listen_unix(const std::string& path, unsigned mode);

    /// From now on `observer` is told of each request that is refused.
    void on_refused(RefusalObserver observer);

    /// Applies to requests that begin from now on (SIGHUP). TLS files are read again; bad ones are
    /// logged, and the current ones stay in use.
    void set_options(Options options);

    /// No new connections and no new requests; those in progress get up to `grace` to be answered.
    /// Then everything is closed.
    Task<> stop(Millis grace);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace common::http_server
