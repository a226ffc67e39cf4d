#include "common/http_client/pool.hpp"

namespace common {

ConnectionPool::ConnectionPool(const Executor& executor, std::size_t idle_per_peer,
                               Millis idle_timeout)
    : idle_per_peer_{idle_per_peer}, idle_timeout_{idle_timeout}, timer_{executor} {}

std::string ConnectionPool::key_of(const HttpRequest& request) {
    if (!request.unix_socket.empty()) {
        return request.unix_socket;
    }
    std::string key{request.guarded ? "guarded " : "any "};
    key += request.url.scheme;
    key += ' ';
    key += request.url.host;
    key += ' ';
    key += std::to_string(request.url.port);
    if (request.url.tls()) {
        for (const auto* file :
             {&request.tls.ca_file, &request.tls.client_cert_file, &request.tls.client_key_file}) {
            key += '\n';
            key += *file;
        }
    }
    return key;
}

std::shared_ptr<ClientConnection> ConnectionPool::acquire(const std::string& key) {
    const auto peer = idle_.find(key);
    while (peer != idle_.end() && !peer->second.empty()) {
        auto connection = std::move(peer->second.back().connection);
        peer->second.pop_back();
        if (connection->is_quiet()) {
            return connection;
        }
    }
    return nullptr;
}

void ConnectionPool::put_back(const std::string& key, std::shared_ptr<ClientConnection> connection,
                              std::uint64_t generation) {
    if (generation != generation_ || idle_per_peer_ == 0) {
        return;
    }
    connection->set_deadline(Deadline::never);
    auto& peer = idle_[key];
    if (peer.size() >= idle_per_peer_) {
        peer.erase(peer.begin());
    }
    const auto until = std::chrono::steady_clock::now() + idle_timeout_;
    peer.push_back(Idle{std::move(connection), until});
    if (!sweeping_) {
        sweep_at(until);
    }
}

void ConnectionPool::clear(std::size_t idle_per_peer, Millis idle_timeout) {
    ++generation_;
    idle_.clear();
    idle_per_peer_ = idle_per_peer;
    idle_timeout_ = idle_timeout;
    timer_.cancel();
    sweeping_ = false;
}

void ConnectionPool::sweep_at(Instant when) {
    sweeping_ = true;
    timer_.expires_at(when);
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code stopped) {
        if (const auto self = weak.lock(); self && !stopped) {
            self->sweep();
        }
    });
}

void ConnectionPool::sweep() {
    sweeping_ = false;
    const auto now = std::chrono::steady_clock::now();
    auto next = Instant::max();
    for (auto& [key, peer] : idle_) {
        std::erase_if(peer, [now](const Idle& idle) { return idle.until <= now; });
        if (!peer.empty()) {
            next = std::min(next, peer.front().until);
        }
    }
    std::erase_if(idle_, [](const auto& entry) { return entry.second.empty(); });
    if (next != Instant::max()) {
        sweep_at(next);
    }
}

} // namespace common
