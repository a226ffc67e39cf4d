#include "common/http_server/session.hpp"

#include "common/base/log.hpp"
#include "common/http_server/reply.hpp"
#include "common/net/problem.hpp"

#include <algorithm>
#include <boost/core/demangle.hpp>
#include <boost/system/system_error.hpp>
#include <typeinfo>

namespace common::http_server {

namespace {

using Progress = RequestReader::Progress;

constexpr std::size_t most_kept_for_output = 64 * 1024;
constexpr Millis drain_time{10'000};
constexpr std::size_t drain_bytes = 64 * 1024 * 1024;
constexpr Millis linger_time{2'000};
/// How long a new connection may stay silent before it can be closed to make room.
constexpr Millis first_silence{1'000};

Instant now() {
    return std::chrono::steady_clock::now();
}

/// What failed, without what() unless that is the system's own text: the messages of a JSON library
/// quote events.
std::string kind(const std::exception& error) {
    const auto* system = dynamic_cast<const boost::system::system_error*>(&error);
    return system != nullptr ? system->code().message()
                             : boost::core::demangle(typeid(error).name());
}

} // namespace

Session::Session(Context& context, std::unique_ptr<Wire> wire, bool local, Admission admission)
    : Channel{std::move(wire)}, context_{context}, local_{local}, admission_{admission} {}

Task<> Session::run() {
    idle_since_ = now();
    set_deadline(*idle_since_ + context_.options.request_timeout);
    const bool connected = co_await handshake();
    idle_since_.reset();
    if (!connected) {
        close();
        co_return;
    }
    if (admission_ == Admission::turn_away) {
        auto reply =
            problem(503, "too many open connections; try again later", {{"Retry-After", "1"}});
        co_await answer(std::move(reply), false);
    }
    while (open_ && !closed()) {
        const bool arrived = co_await next_request();
        if (!arrived) {
            break;
        }
        co_await exchange();
    }
    close();
}

bool Session::idle() const {
    return idle_since_ && !closed() && !unread();
}

bool Session::may_make_room() const {
    return answered_ || now() - *idle_since_ >= first_silence;
}

/// False: no more requests come.
Task<bool> Session::next_request() {
    for (;;) {
        // RFC 9112 section 2.2: some clients send an extra CR LF after a body.
        while (held().starts_with("\r\n")) {
            consume(2);
        }
        if (!held().empty() && held() != "\r") {
            break;
        }
        if (context_.stopping) {
            co_return false;
        }
        if (!idle_since_) {
            idle_since_ = now();
            set_deadline(*idle_since_ + context_.options.idle_timeout);
            shrink();
        }
        const auto arrival = co_await fill();
        if (arrival != Arrival::bytes) {
            co_return false;
        }
    }
    idle_since_.reset();
    continued_ = false;
    set_deadline(now() + context_.options.request_timeout);
    reader_.begin(context_.options.max_body, local_);
    co_return true;
}

Task<> Session::exchange() {
    const bool readable = co_await read_until(Progress::head);
    if (!readable) {
        co_return;
    }
    auto handler = ask_gate();
    if (!handler) {
        co_await refuse(std::move(handler.error()), true);
        co_return;
    }
    if (!reader_.complete() && !reader_.too_large()) {
        if (reader_.expects_continue() && held().empty()) {
            continued_ = true;
            co_await write("HTTP/1.1 100 Continue\r\n\r\n");
        }
        const bool whole = co_await read_until(Progress::complete);
        if (!whole) {
            co_return;
        }
    }
    if (reader_.too_large()) {
        auto reply = problem(413, "the body exceeds the limit of " +
                                      std::to_string(context_.options.max_body) + " bytes");
        co_await refuse(std::move(reply), false);
        co_return;
    }
    co_await handle(std::move(*handler));
}

/// False: the request is malformed or incomplete, which the client was told. True also when the
/// body turns out to be too large.
Task<bool> Session::read_until(Progress wanted) {
    for (;;) {
        if (!held().empty()) {
            std::size_t used = 0;
            const auto progress = reader_.feed(held(), used);
            consume(used);
            if (progress == Progress::malformed) {
                co_await answer(reader_.refusal(), false);
                co_return false;
            }
            if (progress == wanted || reader_.too_large()) {
                co_return true;
            }
        }
        const auto arrival = co_await fill();
        if (arrival != Arrival::bytes) {
            co_await answer_incomplete(arrival);
            co_return false;
        }
    }
}

/// Reads and discards the rest of the request's body, up to a time and a size. True: all of it.
Task<bool> Session::drain() {
    reader_.discard();
    set_deadline(std::min(deadline(), now() + drain_time));
    const auto limit = std::max(drain_bytes, context_.options.max_body);
    for (std::size_t drained = 0; drained <= limit;) {
        if (!held().empty()) {
            std::size_t used = 0;
            const auto progress = reader_.feed(held(), used);
            consume(used);
            drained += used;
            if (progress == Progress::complete || progress == Progress::malformed) {
                co_return progress == Progress::complete;
            }
        }
        const auto arrival = co_await fill();
        if (arrival != Arrival::bytes) {
            co_return false;
        }
    }
    co_return false;
}

tl::expected<Handler, HttpReply> Session::ask_gate() {
    const auto& head = reader_.request();
    try {
        return context_.gate(head);
    } catch (const std::exception& error) {
        log::error("checking a request failed",
                   {{"method", head.method}, {"path", head.path}, {"error", kind(error)}});
        return tl::unexpected{problem(500, "checking the request failed; see the agent's log")};
    }
}

/// Answers before the body was read. The client may still send the body, so that it sees the answer
/// and not a reset; a client that asks first (Expect: 100-continue) is answered at once.
Task<> Session::refuse(HttpReply refusal, bool may_stay) {
    bool whole = reader_.complete();
    const bool asks_first = reader_.expects_continue() && !continued_ && held().empty();
    if (!whole && !asks_first) {
        whole = co_await drain();
    }
    co_await answer(std::move(refusal), may_stay && whole);
}

/// The request did not arrive in full: says so, unless the connection is gone.
Task<> Session::answer_incomplete(Arrival why) {
    if (why == Arrival::nothing) {
        close();
        co_return;
    }
    auto reply =
        why == Arrival::late
            ? problem(408, "the request was not complete within " +
                               std::to_string(context_.options.request_timeout.count()) + " ms")
            : problem(400, "the connection ended before the request was complete");
    co_await answer(std::move(reply), false);
}

Task<> Session::handle(Handler handler) {
    set_deadline(never);
    const auto method = reader_.request().method;
    const auto path = reader_.request().path;
    HttpReply reply;
    std::string failure;
    try {
        reply = co_await handler(std::move(reader_.request()));
    } catch (const std::exception& error) {
        failure = kind(error);
    } catch (...) {
        failure = "unknown";
    }
    if (closed()) { // stopped meanwhile: nobody is left to answer
        co_return;
    }
    if (!failure.empty()) {
        log::error("handling a request failed",
                   {{"method", method}, {"path", path}, {"error", failure}});
        reply = problem(500, "handling the request failed; see the agent's log");
    }
    co_await answer(std::move(reply), true);
}

Task<> Session::answer(HttpReply reply, bool may_stay) {
    open_ = open_ && may_stay && reader_.keep_alive() && !context_.stopping;
    const auto ending = !open_               ? Ending::close
                        : reader_.http_1_0() ? Ending::keep_1_0
                                             : Ending::keep;
    write_response(out_, reply, context_.options.server_name, ending, reader_.is_head());
    set_deadline(now() + context_.options.request_timeout);
    const bool written = co_await write(out_);
    if (out_.capacity() > most_kept_for_output) {
        out_ = std::string{};
    }
    if (!written) {
        close();
        co_return;
    }
    answered_ = true;
    if (!open_ && (has_farewell() || !reader_.complete() || unread())) {
        idle_since_ = now();
        set_deadline(*idle_since_ + std::min(linger_time, context_.options.request_timeout));
        co_await linger();
    }
}

} // namespace common::http_server
