// ConnectionPool: idle connections, kept for the next request to the same peer on the same terms.
// Loop thread. Internal to BeastClient.
#pragma once

#include "common/async/task.hpp"
#include "common/http_client/connection.hpp"
#include "common/net/http.hpp"

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace common {

/// How long after a reply its connection may be used again: half of what its Keep-Alive header
/// announces, for the peer closes it then. Where it announces nothing, half of the shortest
/// time-out that is usual (nginx has been seen with 1 s): a new connection costs less than an
/// attempt that meets a connection that is just being closed.
Millis idle_span(const Headers& reply);

class ConnectionPool : public std::enable_shared_from_this<ConnectionPool> {
  public:
    ConnectionPool(const Executor& executor, std::size_t idle_per_peer, Millis idle_timeout);

    /// Identifies the peer and the terms of a connection to it: TLS files, and whether denied
    /// networks were checked.
    static std::string key_of(const HttpRequest& request);

    /// The most recently used connection that is still open and quiet and whose time is not over;
    /// or null. Many peers close behind every answer and announce neither that nor the opposite:
    /// until one has answered a second request on a connection, its connections must first have
    /// stayed open for a while.
    std::shared_ptr<ClientConnection> acquire(const std::string& key, Instant now);
    /// Keeps the connection for idle_span(). `reused`: the reply was not the first on it.
    /// `generation` is that of the time when the request
    /// began: a connection from before clear() is closed. So is one in excess of the
    /// bound.
    void put_back(const std::string& key, std::shared_ptr<ClientConnection> connection,
                  std::uint64_t generation, const Headers& reply, bool reused, Instant now);
    /// Closes the peer's idle connections.
    void forget(const std::string& key) { peers_.erase(key); }

    [[nodiscard]] std::uint64_t generation() const { return generation_; }
    /// Closes every idle connection and replaces the bounds.
    void clear(std::size_t idle_per_peer, Millis idle_timeout);

  private:
    struct Idle {
        std::shared_ptr<ClientConnection> connection;
        Instant from; ///< usable from then on, unless the peer is known to keep connections
        Instant until;
    };
    struct Peer {
        std::vector<Idle> idle; ///< oldest first
        bool keeps = false;     ///< has answered on a connection for the second time
    };
    void sweep_at(Instant when);
    void sweep();

    std::size_t idle_per_peer_;
    Millis idle_timeout_;
    std::uint64_t generation_ = 0;
    std::unordered_map<std::string, Peer> peers_;
    asio::steady_timer timer_;
    bool sweeping_ = false;
};

} // namespace common
