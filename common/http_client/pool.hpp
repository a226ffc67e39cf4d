// ConnectionPool: idle connections, kept for the next request to the same peer on the same terms.
// Loop thread. Internal to PooledClient.
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
    /// or null. Many peers close behind every answer and announce neither that nor the opposite.
    /// So the connections of a peer that announces nothing must first have stayed open for 0.1 s,
    /// until it has answered a second request on one. To learn that soon, the first one that has
    /// stayed open for 10 ms is used on trial, if none of the others was closed meanwhile. What is
    /// known of a peer outlives its connections. Once it was seen to close behind an answer, or a
    /// kept connection broke, each new connection must prove itself for the next ten minutes.
    std::shared_ptr<ClientConnection> acquire(const std::string& key, Instant now);
    /// Keeps the connection for idle_span(). `reused`: the reply was not the first on it.
    /// `generation` is that of the time when the request began: a connection from before clear() is
    /// closed. So is one in excess of the bound.
    void put_back(const std::string& key, std::shared_ptr<ClientConnection> connection,
                  std::uint64_t generation, const Headers& reply, bool reused, Instant now);
    /// A kept connection broke: closes the peer's idle connections.
    void note_break(const std::string& key, Instant now);

    [[nodiscard]] std::uint64_t generation() const { return generation_; }
    /// Closes every idle connection and replaces the bounds.
    void clear(std::size_t idle_per_peer, Millis idle_timeout);

  private:
    struct Idle {
        std::shared_ptr<ClientConnection> connection;
        Instant since;
        Instant until;
        bool proven; ///< the peer announces that it keeps it, or has answered on it twice
    };
    struct Peer {
        std::vector<Idle> idle;  ///< oldest first
        bool keeps = false;      ///< has answered on a connection for the second time
        Instant doubted_until{}; ///< until then, that says nothing about its other connections
        Instant next_trial{};

        [[nodiscard]] bool is_trusted(Instant now) const { return keeps && now >= doubted_until; }
        void doubt(Instant now);
        [[nodiscard]] bool may_use(const Idle& one, Instant now) const;
        std::shared_ptr<ClientConnection> take_on_trial(Instant now);
    };
    Peer& peer_of(const std::string& key);
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
