#include "common/http_client/pool.hpp"

#include "common/base/ascii.hpp"

#include <charconv>

namespace common {

namespace {

constexpr Millis usual_timeout{1'000};
/// In that time the end of a connection that was closed behind its answer has arrived.
constexpr Millis probation{100};
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

std::shared_ptr<ClientConnection> ConnectionPool::acquire(const std::string& key, Instant now) {
    const auto found = peers_.find(key);
    if (found == peers_.end()) {
        return nullptr;
    }
    auto& [idle, keeps] = found->second;
    for (auto at = idle.size(); at-- > 0;) {
        if (!keeps && now < idle[at].from) {
            continue;
        }
        auto one = std::move(idle[at]);
        idle.erase(idle.begin() + static_cast<std::ptrdiff_t>(at));
        if (now < one.until && one.connection->is_quiet()) {
            return std::move(one.connection);
        }
    }
    return nullptr;
}

void ConnectionPool::put_back(const std::string& key, std::shared_ptr<ClientConnection> connection,
                              std::uint64_t generation, const Headers& reply, bool reused,
                              Instant now) {
    const auto span = std::min(idle_timeout_, idle_span(reply));
    if (generation != generation_ || idle_per_peer_ == 0 || span <= Millis{0}) {
        return;
    }
    connection->set_deadline(Deadline::never);
    auto& [idle, keeps] = peers_[key];
    keeps = keeps || reused;
    if (idle.size() >= idle_per_peer_) {
        if (!keeps) {
            return; // the older ones will sooner show that the peer keeps them
        }
        idle.erase(idle.begin());
    }
    const auto until = now + span;
    idle.push_back(
        {std::move(connection), announces_keeping(reply) ? now : now + probation, until});
    if (!sweeping_ || until < timer_.expiry()) {
        sweep_at(until);
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
    std::erase_if(peers_, [](const auto& entry) { return entry.second.idle.empty(); });
    if (next != Instant::max()) {
        sweep_at(next);
    }
}

} // namespace common
