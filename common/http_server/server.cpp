#include "common/http_server/server.hpp"

#include "common/base/log.hpp"
#include "common/http_server/listener.hpp"
#include "common/http_server/session.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/system_error.hpp>
#include <list>

namespace common::http_server {

namespace {

using boost::system::error_code;

constexpr auto awaited = asio::as_tuple(asio::use_awaitable);
constexpr Millis shortage_pause{100};
/// Per listener: so many at a time are given the 503 and the time to read it. One more, and the one
/// that has had most of that time is closed.
constexpr std::size_t most_turned_away = 256;
/// A connection that holds less is not worth breaking off.
constexpr std::size_t worth_freeing = 16 * 1024;

Instant now() {
    return std::chrono::steady_clock::now();
}

} // namespace

struct Server::State : Context, std::enable_shared_from_this<State> {
    struct Member {
        Listener& listener;
        std::shared_ptr<Session> session;
        std::size_t* counter; ///< the listener's that counts it; null once it has made room
    };
    using Members = std::list<Member>;
    /// How dispensable one is, if it is: the lower rank, then the longest, goes first.
    struct Candidate {
        unsigned rank;
        Instant since;
        Members::iterator member;
        bool operator<(const Candidate& other) const {
            return std::pair{rank, since} < std::pair{other.rank, other.since};
        }
    };

    State(Executor loop, Options given, MemoryBudget& bytes, Gate ask)
        : Context{std::move(given), bytes, std::move(ask),
                  [this](const Session& for_whom) { return free_bytes(for_whom); }},
          executor{std::move(loop)}, ended{executor, Instant::max()} {}

    void start(Listener& listener);
    static Task<> accept_on(std::shared_ptr<State> self, Listener& listener);
    void admit(Listener& listener, Wire::Socket socket);
    std::optional<Candidate> least_useful(Listener& listener);
    bool make_room(Listener& listener);
    void turn_away_one_less(Listener& listener);
    void free_descriptor(Listener& listener);
    bool free_bytes(const Session& for_whom);
    void session_ended(Members::iterator one, const std::exception_ptr& why);
    void stop_accepting();
    void close_all();
    static Task<> stop(std::shared_ptr<State> self, Millis grace);

    Executor executor;
    std::list<Listener> listeners;
    Members members;
    std::size_t accepting = 0;
    asio::steady_timer ended; ///< cancelled each time a session or an accept loop has ended
};

void Server::State::start(Listener& listener) {
    ++accepting;
    asio::co_spawn(executor, accept_on(shared_from_this(), listener),
                   [self = shared_from_this()](const std::exception_ptr&) {
                       --self->accepting;
                       self->ended.cancel();
                   });
}

Task<> Server::State::accept_on(std::shared_ptr<State> self, Listener& listener) {
    while (!self->stopping) {
        auto [failed, socket] = co_await listener.acceptor.async_accept(awaited);
        if (self->stopping) {
            break;
        }
        if (!failed) {
            listener.warned = false;
            self->admit(listener, std::move(socket));
        } else if (failed != asio::error::connection_aborted) {
            // Out of descriptors or memory. The connection stays in the kernel's queue, so that
            // accepting again at once would spin.
            if (!listener.warned) {
                log::warn("cannot accept connections",
                          {{"listener", listener.name}, {"error", failed.message()}});
                listener.warned = true;
            }
            self->free_descriptor(listener);
            listener.pause.expires_after(shortage_pause);
            co_await listener.pause.async_wait(awaited);
        }
    }
}

void Server::State::admit(Listener& listener, Wire::Socket socket) {
    const bool room = listener.connections < options.max_connections || make_room(listener);
    if (!room) {
        turn_away_one_less(listener);
    }
    if (!listener.local) {
        error_code refused;
        socket.set_option(asio::ip::tcp::no_delay{true}, refused);
    }
    auto* const counter = room ? &listener.connections : &listener.turned_away;
    ++*counter;
    const auto session = std::make_shared<Session>(
        *this, Wire::over(std::move(socket), listener.tls), listener.local,
        room ? Session::Admission::serve : Session::Admission::turn_away);
    members.push_back({listener, session, counter});
    auto done = [self = shared_from_this(), one = std::prev(members.end())](
                    const std::exception_ptr& why) { self->session_ended(one, why); };
    asio::co_spawn(executor, session->run(),
                   asio::bind_cancellation_slot(session->stop.slot(), std::move(done)));
}

std::optional<Server::State::Candidate> Server::State::least_useful(Listener& listener) {
    std::optional<Candidate> least;
    for (auto one = members.begin(); one != members.end(); ++one) {
        auto& session = *one->session;
        if (&one->listener != &listener || one->counter != &listener.connections ||
            session.closed()) {
            continue;
        }
        const auto standing = session.standing();
        const auto rank = yields_connection(standing, now(), options.patience);
        if (!rank) {
            continue;
        }
        const Candidate candidate{*rank, standing.since, one};
        // Its next request may have arrived unnoticed.
        if ((!least || candidate < *least) &&
            !(standing.stage == Stage::idle && session.unread())) {
            least = candidate;
        }
    }
    return least;
}

/// Connections that do nothing must not lock others out.
bool Server::State::make_room(Listener& listener) {
    const auto least = least_useful(listener);
    if (!least) {
        return false;
    }
    --listener.connections;
    least->member->counter = nullptr;
    if (!least->member->session->yield_connection()) {
        turn_away_one_less(listener);
        least->member->counter = &listener.turned_away;
        ++listener.turned_away;
    }
    return true;
}

/// Makes room among those that are turned away: whoever came first has had the most time to read
/// its answer.
void Server::State::turn_away_one_less(Listener& listener) {
    if (listener.turned_away < most_turned_away) {
        return;
    }
    for (auto& one : members) {
        if (one.counter == &listener.turned_away) {
            one.session->close();
            one.counter = nullptr;
            --listener.turned_away;
            return;
        }
    }
}

/// Connections that do nothing must not keep the descriptors either. Where none does, the new one
/// waits in the kernel's queue.
void Server::State::free_descriptor(Listener& listener) {
    const auto least = least_useful(listener);
    if (least && now() - least->since >= options.patience) {
        least->member->session->close();
    }
}

bool Server::State::free_bytes(const Session& for_whom) {
    std::optional<Candidate> least;
    for (auto one = members.begin(); one != members.end(); ++one) {
        const auto& session = *one->session;
        if (&session == &for_whom || session.closed() || session.memory() < worth_freeing ||
            (session.local() && !for_whom.local())) {
            continue;
        }
        const auto standing = session.standing();
        const auto rank = yields_memory(standing, now(), options.patience);
        if (!rank) {
            continue;
        }
        const Candidate candidate{*rank, *rank == 0 ? standing.moved : standing.since, one};
        if (!least || candidate < *least) {
            least = candidate;
        }
    }
    if (least) {
        least->member->session->yield_memory();
    }
    return least.has_value();
}

void Server::State::session_ended(Members::iterator one, const std::exception_ptr& why) {
    try {
        if (why) {
            std::rethrow_exception(why);
        }
    } catch (const boost::system::system_error&) { // cancelled by stop()
    } catch (const std::exception& error) {
        log::error("a connection failed",
                   {{"listener", one->listener.name}, {"error", error.what()}});
    }
    if (one->counter != nullptr) {
        --*one->counter;
    }
    members.erase(one);
    ended.cancel();
}

void Server::State::stop_accepting() {
    stopping = true;
    for (auto& listener : listeners) {
        listener.close();
    }
    for (const auto& member : members) {
        if (member.session->idle()) {
            member.session->close();
        }
    }
}

void Server::State::close_all() {
    for (auto one = members.begin(); one != members.end();) {
        const auto session = (one++)->session; // may leave the list here
        session->close();
        session->stop.emit(asio::cancellation_type::terminal);
    }
}

Task<> Server::State::stop(std::shared_ptr<State> self, Millis grace) {
    self->stop_accepting();
    asio::steady_timer end_of_grace{self->executor, grace};
    end_of_grace.async_wait([self](error_code stopped) {
        if (!stopped) {
            self->close_all();
        }
    });
    while (!self->members.empty() || self->accepting != 0) {
        co_await self->ended.async_wait(awaited);
    }
}

Server::Server(Executor executor, Options options, MemoryBudget& memory, Gate gate)
    : state_{std::make_shared<State>(std::move(executor), std::move(options), memory,
                                     std::move(gate))} {}

Server::~Server() {
    state_->stop_accepting();
    // A cancellation requested on another thread is posted to the loop by Asio, which does not
    // make sure that the signal still exists by then.
    asio::dispatch(state_->executor, [state = state_] { state->close_all(); });
}

void Server::on_refused(RefusalObserver observer) {
    state_->on_refused = std::move(observer);
}

Result<std::uint16_t> Server::listen(const std::string& address, const std::string& cert_file,
                                     const std::string& key_file) {
    auto& listener = state_->listeners.emplace_back(state_->executor);
    auto port = listener.open_tcp(address, cert_file, key_file);
    if (!port) {
        state_->listeners.pop_back();
        return port;
    }
    state_->start(listener);
    return port;
}

Result<void> Server::listen_unix(const std::string& path, unsigned mode) {
    auto& listener = state_->listeners.emplace_back(state_->executor);
    auto open = listener.open_unix(path, mode);
    if (!open) {
        state_->listeners.pop_back();
        return open;
    }
    state_->start(listener);
    return open;
}

void Server::set_options(Options options) {
    state_->options = std::move(options);
    for (auto& listener : state_->listeners) {
        if (const auto reloaded = listener.reload_tls(); !reloaded) {
            log::error("cannot reload the TLS files, keeping the current ones",
                       {{"listener", listener.name}, {"error", reloaded.error().message}});
        }
    }
}

Task<> Server::stop(Millis grace) {
    return State::stop(state_, grace);
}

} // namespace common::http_server
