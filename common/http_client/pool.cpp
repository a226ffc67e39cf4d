#include "common/http_client/pool.hpp"

#include "common/base/ascii.hpp"

#include <charconv>

namespace common {

namespace {

constexpr Millis usual_timeout{1'000};
/// In that time the end of a connection that was closed behind its answer has arrived, however busy
/// the peer is.
constexpr Millis probation{100};
/// In that time it has arrived from nearly every peer.
constexpr Millis trial_after{10};
constexpr Millis doubt_lasts{10 * 60 * 1'000};
/// So many peers are remembered without a connection.
constexpr std::size_t most_remembered = 512;
constexpr std::uint64_t longest_timeout_s = 3600;

/// "timeout=5, max=100", as servers write it; the header has no standard.
std::optional<Millis> announced_timeout(std::string_view keep_alive) {
    constexpr std::string_view name = "timeout=";
    const auto at = ascii_lower(std::string{keep_alive}).find(name);
    if (at == std::string::npos) {
        return std::nullopt;
    }
    const auto digits = keep_alive.substr(at + name.size());
    std::uint64_t seconds = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
    if (read.ec == std::errc::invalid_argument) {
        return std::nullopt;
    }
    const bool huge = read.ec != std::errc{} || seconds > longest_timeout_s;
    return Millis{1'000 * static_cast<Millis::rep>(huge ? longest_timeout_s : seconds)};
}

/// Whether the peer says that it keeps the connection, which in HTTP/1.1 it need not.
bool announces_keeping(const Headers& reply) {
    const auto connection = find_header(reply, "Connection");
    return find_header(reply, "Keep-Alive") ||
           (connection && equal_ignoring_case(*connection, "keep-alive"));
}

} // namespace

Millis idle_span(const Headers& reply) {
    std::optional<Millis> shortest;
    for (const auto& header : reply) {
        if (equal_ignoring_case(header.name, "Keep-Alive")) {
            const auto announced = announced_timeout(header.value);
            shortest = announced && shortest ? std::min(*announced, *shortest)
                       : announced           ? announced
                                             : shortest;
        }
    }
    return shortest.value_or(usual_timeout) / 2;
}

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

void ConnectionPool::Peer::doubt(Instant now) {
    keeps = false;
    doubted_until = now + doubt_lasts;
}

bool ConnectionPool::Peer::may_use(const Idle& one, Instant now) const {
    return one.proven || is_trusted(now) || now >= one.since + probation;
}

/// One request at a time runs the risk that the peer closes behind its answers, but late.
std::shared_ptr<ClientConnection> ConnectionPool::Peer::take_on_trial(Instant now) {
    if (keeps || now < doubted_until || now < next_trial || idle.empty() ||
        now < idle.front().since + trial_after) {
        return nullptr;
    }
    if (std::erase_if(idle, [](const Idle& one) { return !one.connection->is_quiet(); }) > 0) {
        doubt(now);
        return nullptr;
    }
    next_trial = now + probation;
    auto oldest = std::move(idle.front().connection);
    idle.erase(idle.begin());
    return oldest;
}

std::shared_ptr<ClientConnection> ConnectionPool::acquire(const std::string& key, Instant now) {
    const auto found = peers_.find(key);
    if (found == peers_.end()) {
        return nullptr;
    }
    auto& peer = found->second;
    auto& idle = peer.idle;
    std::erase_if(idle, [now](const Idle& one) { return one.until <= now; });
    for (auto at = idle.size(); at-- > 0;) {
        if (!peer.may_use(idle[at], now)) {
            continue;
        }
        auto one = std::move(idle[at]);
        idle.erase(idle.begin() + static_cast<std::ptrdiff_t>(at));
        if (one.connection->is_quiet()) {
            return std::move(one.connection);
        }
        // Closed when idle for longer says nothing about a peer that is known to keep connections.
        if (!peer.keeps || now < one.since + probation) {
            peer.doubt(now);
        }
    }
    return peer.take_on_trial(now);
}

ConnectionPool::Peer& ConnectionPool::peer_of(const std::string& key) {
    if (peers_.size() >= most_remembered && !peers_.contains(key)) {
        std::erase_if(peers_, [](const auto& entry) { return entry.second.idle.empty(); });
    }
    return peers_[key];
}

void ConnectionPool::put_back(const std::string& key, std::shared_ptr<ClientConnection> connection,
                              std::uint64_t generation, const Headers& reply, bool reused,
                              Instant now) {
    const auto span = std::min(idle_timeout_, idle_span(reply));
    if (generation != generation_ || idle_per_peer_ == 0 || span <= Millis{0}) {
        return;
    }
    connection->set_deadline(Deadline::never);
    auto& peer = peer_of(key);
    peer.keeps = peer.keeps || reused;
    const bool proven = reused || announces_keeping(reply);
    if (peer.idle.size() >= idle_per_peer_) {
        if (!proven && !peer.is_trusted(now)) {
            return; // the older ones will sooner show that the peer keeps them
        }
        peer.idle.erase(peer.idle.begin());
    }
    const auto until = now + span;
    peer.idle.push_back({std::move(connection), now, until, proven});
    if (!sweeping_ || until < timer_.expiry()) {
        sweep_at(until);
    }
}

void ConnectionPool::note_break(const std::string& key, Instant now) {
    if (const auto found = peers_.find(key); found != peers_.end()) {
        found->second.idle.clear();
        found->second.doubt(now);
    }
}

void ConnectionPool::clear(std::size_t idle_per_peer, Millis idle_timeout) {
    ++generation_;
    peers_.clear();
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
    for (auto& [key, peer] : peers_) {
        std::erase_if(peer.idle, [now](const Idle& one) { return one.until <= now; });
        for (const auto& one : peer.idle) {
            next = std::min(next, one.until);
        }
    }
    if (next != Instant::max()) {
        sweep_at(next);
    }
}

} // namespace common
