#include "common/http_server/http_server.hpp"

#include "common/base/log.hpp"
#include "common/http_server/listener.hpp"
#include "common/http_server/session.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/system_error.hpp>
#include <list>

namespace common {

namespace {

using boost::system::error_code;

constexpr auto awaited = asio::as_tuple(asio::use_awaitable);
constexpr Millis shortage_pause{100};
constexpr std::size_t most_turned_away =
    32; ///< told so at one time, for each listener; more are just closed

} // namespace

struct HttpServer::State : Service, std::enable_shared_from_this<State> {
    struct Member {
        Listener& listener;
        std::shared_ptr<Session> session;
        std::size_t*
            counted; ///< the listener's counter in which it stands; none once it has made room
    };

    State(Executor loop, ServerOptions given, Gate ask, Handler work)
        : Service{std::move(given), std::move(ask), std::move(work)}, executor{std::move(loop)},
          gone{executor, Instant::max()} {}

    void start(Listener& listener);
    static Task<> accept_on(std::shared_ptr<State> self, Listener& listener);
    void admit(Listener& listener, Wire::Socket socket);
    bool make_room(Listener& listener);
    void left(std::list<Member>::iterator one, const std::exception_ptr& why);
    void shut();
    void break_off();
    static Task<> stop(std::shared_ptr<State> self, Millis grace);

    Executor executor;
    std::list<Listener> listeners;
    std::list<Member> members;
    std::size_t accepting = 0;
    asio::steady_timer gone; ///< rung when the last coroutine is gone
};

void HttpServer::State::start(Listener& listener) {
    ++accepting;
    asio::co_spawn(executor, accept_on(shared_from_this(), listener),
                   [self = shared_from_this()](const std::exception_ptr&) {
                       --self->accepting;
                       self->gone.cancel();
                   });
}

Task<> HttpServer::State::accept_on(std::shared_ptr<State> self, Listener& listener) {
    while (!self->stopping) {
        auto accepting = listener.acceptor.async_accept(awaited);
        auto [failed, socket] = co_await std::move(accepting);
        if (self->stopping) {
            break;
        }
        if (!failed) {
            listener.warned = false;
            self->admit(listener, std::move(socket));
        } else if (failed != asio::error::connection_aborted) {
            // Descriptors or memory are short. The connection stays in the kernel's queue, so
            // asking at once would spin.
            if (!listener.warned) {
                log::warn("connections cannot be accepted",
                          {{"listener", listener.name}, {"error", failed.message()}});
                listener.warned = true;
            }
            listener.pause.expires_after(shortage_pause);
            auto pause = listener.pause.async_wait(awaited);
            co_await std::move(pause);
        }
    }
}

void HttpServer::State::admit(Listener& listener, Wire::Socket socket) {
    const bool room = listener.connections < options.max_connections || make_room(listener);
    if (!room && listener.turned_away >= most_turned_away) {
        return;
    }
    if (!listener.local) {
        error_code refused;
        socket.set_option(asio::ip::tcp::no_delay{true}, refused);
    }
    auto* const counter = room ? &listener.connections : &listener.turned_away;
    ++*counter;
    const auto session = std::make_shared<Session>(
        *this, Wire::over(std::move(socket), listener.tls), listener.local,
        room ? Session::Welcome::serve : Session::Welcome::turn_away);
    members.push_back({listener, session, counter});
    auto done = [self = shared_from_this(), one = std::prev(members.end())](
                    const std::exception_ptr& why) { self->left(one, why); };
    asio::co_spawn(executor, session->live(),
                   asio::bind_cancellation_slot(session->stop.slot(), std::move(done)));
}

/// Idle connections may not lock others out: the one that is so longest goes.
bool HttpServer::State::make_room(Listener& listener) {
    auto longest = members.end();
    for (auto one = members.begin(); one != members.end(); ++one) {
        const bool may_go = &one->listener == &listener && one->counted == &listener.connections &&
                            one->session->idle() && one->session->dispensable();
        if (may_go && (longest == members.end() ||
                       one->session->idle_since() < longest->session->idle_since())) {
            longest = one;
        }
    }
    if (longest == members.end()) {
        return false;
    }
    longest->session->close();
    longest->counted = nullptr;
    --listener.connections;
    return true;
}

void HttpServer::State::left(std::list<Member>::iterator one, const std::exception_ptr& why) {
    try {
        if (why) {
            std::rethrow_exception(why);
        }
    } catch (const boost::system::system_error&) { // broken off by stop()
    } catch (const std::exception& error) {
        log::error("a connection broke",
                   {{"listener", one->listener.name}, {"error", error.what()}});
    }
    if (one->counted != nullptr) {
        --*one->counted;
    }
    members.erase(one);
    gone.cancel();
}

void HttpServer::State::shut() {
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

void HttpServer::State::break_off() {
    for (auto one = members.begin(); one != members.end();) {
        const auto session = (one++)->session; // may leave the list at once
        session->close();
        session->stop.emit(asio::cancellation_type::terminal);
    }
}

Task<> HttpServer::State::stop(std::shared_ptr<State> self, Millis grace) {
    self->shut();
    asio::steady_timer end_of_grace{self->executor, grace};
    end_of_grace.async_wait([self](error_code stopped) {
        if (!stopped) {
            self->break_off();
        }
    });
    while (!self->members.empty() || self->accepting != 0) {
        auto news = self->gone.async_wait(awaited);
        co_await std::move(news);
    }
}

HttpServer::HttpServer(Executor executor, ServerOptions options, Gate gate, Handler handler)
    : state_{std::make_shared<State>(std::move(executor), std::move(options), std::move(gate),
                                     std::move(handler))} {}

HttpServer::~HttpServer() {
    state_->shut();
    // Asio carries a cancellation to the loop when it is asked for elsewhere, and does not see to
    // it that the signal is still there then.
    asio::dispatch(state_->executor, [state = state_] { state->break_off(); });
}

Result<std::uint16_t> HttpServer::listen(const std::string& address, const std::string& cert_file,
                                         const std::string& key_file) {
    auto& listener = state_->listeners.emplace_back(state_->executor);
    const auto port = listener.open_tcp(address, cert_file, key_file);
    if (!port) {
        state_->listeners.pop_back();
        return port;
    }
    state_->start(listener);
    return port;
}

Result<void> HttpServer::listen_unix(const std::string& path, unsigned mode) {
    auto& listener = state_->listeners.emplace_back(state_->executor);
    const auto open = listener.open_unix(path, mode);
    if (!open) {
        state_->listeners.pop_back();
        return open;
    }
    state_->start(listener);
    return open;
}

void HttpServer::set_options(ServerOptions options) {
    state_->options = std::move(options);
    for (auto& listener : state_->listeners) {
        if (const auto renewed = listener.renew_tls(); !renewed) {
            log::error("the old certificate stays in use",
                       {{"listener", listener.name}, {"error", renewed.error().message}});
        }
    }
}

Task<> HttpServer::stop(Millis grace) {
    return State::stop(state_, grace);
}

} // namespace common
