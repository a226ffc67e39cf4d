// ConnectionPool: idle connections, kept for the next request to the same peer under the same
// terms. Loop thread. The business of BeastClient alone.
#pragma once

#include "common/async/task.hpp"
#include "common/http_client/connection.hpp"
#include "common/net/http.hpp"

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace common {

class ConnectionPool : public std::enable_shared_from_this<ConnectionPool> {
  public:
    ConnectionPool(const Executor& executor, std::size_t idle_per_peer, Millis idle_timeout);

    /// Names the peer and the terms (TLS files; whether denied networks were looked at) on which a
    /// connection to it was made.
    static std::string key_of(const HttpRequest& request);

    /// The one used last, open and with nothing said by the peer; or none.
    std::shared_ptr<ClientConnection> take(const std::string& key);
    /// `generation`: as it was when the request began. A connection from before clear() is let go,
    /// and the oldest above the bound.
    void put(const std::string& key, std::shared_ptr<ClientConnection> connection,
             std::uint64_t generation);

    [[nodiscard]] std::uint64_t generation() const { return generation_; }
    /// Lets every connection go; new terms.
    void clear(std::size_t idle_per_peer, Millis idle_timeout);

  private:
    struct Idle {
        std::shared_ptr<ClientConnection> connection;
        Instant until;
    };
    void sweep_at(Instant when);
    void sweep();

    std::size_t idle_per_peer_;
    Millis idle_timeout_;
    std::uint64_t generation_ = 0;
    std::unordered_map<std::string, std::vector<Idle>> idle_; ///< oldest first
    asio::steady_timer timer_;
    bool sweeping_ = false;
};

} // namespace common
