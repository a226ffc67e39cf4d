#include "common/http_server/session.hpp"

#include "common/base/log.hpp"
#include "common/http_server/reply.hpp"
#include "common/net/problem.hpp"

#include <algorithm>
#include <boost/core/demangle.hpp>
#include <boost/system/system_error.hpp>
#include <typeinfo>
#include <utility>

namespace common::http_server {

namespace {

using Progress = RequestReader::Progress;
constexpr std::size_t most_kept_for_output = 64 * 1024;
constexpr Millis drain_time{10'000};
constexpr std::size_t drain_bytes = 64 * 1024 * 1024;
constexpr Millis linger_time{2'000};
/// May use the budget's reserve, so that events and probes get through beside large bodies.
constexpr std::size_t small = 16 * 1024;
constexpr const char* too_many = "too many open connections; try again later";
constexpr const char* no_memory =
    "the memory for requests is in use; nothing of this request was stored: send it again later";

HttpReply come_again(const char* why) {
    return problem(503, why, {{"Retry-After", "1"}});
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
    : Channel{std::move(wire)}, context_{context}, local_{local},
      admission_{admission}, memory_{context.memory}, since_{std::chrono::steady_clock::now()} {}

Task<> Session::run() {
    set_deadline(since_ + context_.options.request_timeout);
    const bool connected = co_await handshake();
    if (!connected) {
        close();
        co_return;
    }
    if (admission_ == Admission::turn_away) {
        yielded_ = too_many;
        co_await answer_yielded();
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

Stage Session::enter(Stage stage) {
    since_ = std::chrono::steady_clock::now();
    return std::exchange(stage_, stage);
}

bool Session::idle() const {
    const bool waits =
        stage_ == Stage::connecting || stage_ == Stage::idle || stage_ == Stage::lingering;
    return waits && !closed() && !unread();
}

/// Holds `bytes` beside the buffer. False: the budget has no room and nobody yields.
bool Session::hold(std::size_t bytes) {
    const auto all = bytes + buffer_growth();
    const auto rank =
        local_ || all <= small ? MemoryBudget::Rank::trusted : MemoryBudget::Rank::ordinary;
    while (!memory_.resize(all, rank)) {
        if (!context_.free_memory(*this)) {
            return false;
        }
    }
    return true;
}

void Session::yield_memory() {
    context_.memory.note_refusal();
    memory_.release();
    if (stage_ == Stage::answering) {
        close();
        return;
    }
    yielded_ = no_memory;
    reader_.discard();
    set_deadline(std::chrono::steady_clock::now()); // wakes the read
}

bool Session::yield_connection() {
    memory_.release();
    const bool can_be_told = stage_ == Stage::head || stage_ == Stage::body ||
                             stage_ == Stage::draining || (stage_ == Stage::idle && !answered_);
    if (!can_be_told) {
        close();
        return true;
    }
    yielded_ = too_many;
    reader_.discard();
    set_deadline(std::chrono::steady_clock::now());
    return false;
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
        if (stage_ != Stage::idle) {
            enter(Stage::idle);
            set_deadline(since_ + context_.options.idle_timeout);
            shrink();
            memory_.release();
        }
        const auto arrival = co_await fill();
        if (yielded_ != nullptr) {
            co_await answer_yielded();
        }
        if (yielded_ != nullptr || arrival != Arrival::bytes) {
            co_return false;
        }
    }
    enter(Stage::head);
    asked_ = {};
    continued_ = no_room_ = false;
    set_deadline(since_ + context_.options.request_timeout);
    reader_.begin(context_.options.max_body, local_);
    co_return true;
}

Task<> Session::exchange() {
    const bool readable = co_await read_until(Progress::head);
    if (!readable) {
        co_return;
    }
    asked_ = {reader_.request().method, reader_.request().path};
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
        enter(Stage::body);
        const bool whole = co_await read_until(Progress::complete);
        if (!whole) {
            co_return;
        }
    }
    if (no_room_) {
        context_.memory.note_refusal();
        co_await refuse(come_again(no_memory), true);
        co_return;
    }
    if (reader_.too_large()) {
        auto reply = problem(413, "the body exceeds the limit of " +
                                      std::to_string(context_.options.max_body) + " bytes");
        co_await refuse(std::move(reply), false);
        co_return;
    }
    co_await handle(std::move(*handler));
}

/// False: the request is malformed, incomplete or given up, which the client was told. True also
/// when the body turns out to be too large, or there is no room for it.
Task<bool> Session::read_until(Progress wanted) {
    for (;;) {
        if (yielded_ != nullptr) {
            co_await answer_yielded();
            co_return false;
        }
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
            no_room_ = stage_ == Stage::body && !hold(reader_.request().body.size());
            if (no_room_) {
                co_return true;
            }
        }
        const auto arrival = co_await fill();
        if (arrival != Arrival::bytes && yielded_ == nullptr) {
            co_await answer_incomplete(arrival);
            co_return false;
        }
    }
}

/// Reads and discards the rest of the request's body, up to a time and a size. True: all of it.
Task<bool> Session::drain() {
    enter(Stage::draining);
    reader_.discard();
    memory_.release();
    set_deadline(std::min(deadline(), std::chrono::steady_clock::now() + drain_time));
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
        if (arrival != Arrival::bytes || yielded_ != nullptr) {
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

/// For a turn that it had to give to others.
Task<> Session::answer_yielded() {
    co_await answer(come_again(yielded_), false);
}

Task<> Session::handle(Handler handler) {
    enter(Stage::handling);
    shrink();
    (void)memory_.resize(reader_.request().body.size() +
                         buffer_growth()); // small, or no more than before
    set_deadline(never);
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
                   {{"method", asked_.first}, {"path", asked_.second}, {"error", failure}});
        reply = problem(500, "handling the request failed; see the agent's log");
    }
    co_await answer(std::move(reply), true);
}

Task<> Session::answer(HttpReply reply, bool may_stay) {
    const bool handled = enter(Stage::answering) == Stage::handling;
    if (reply.body.size() > small && !hold(reply.body.size())) {
        context_.memory.note_refusal();
        reply = come_again("the memory for replies is in use; try again later");
    }
    if (reply.status >= 400) {
        context_.on_refused(
            {asked_.first, asked_.second, local_ ? "socket" : peer(), reply, handled});
    }
    open_ = open_ && may_stay && reader_.keep_alive() && !context_.stopping;
    const auto ending = !open_               ? Ending::close
                        : reader_.http_1_0() ? Ending::keep_1_0
                                             : Ending::keep;
    write_response(out_, reply, context_.options.server_name, ending, reader_.is_head());
    std::string{}.swap(reply.body); // it is in out_; an assignment would keep its memory
    set_deadline(since_ + context_.options.request_timeout);
    const bool written = co_await write(out_);
    if (out_.capacity() > most_kept_for_output) {
        std::string{}.swap(out_);
    }
    if (!written) {
        close();
        co_return;
    }
    memory_.release();
    answered_ = true;
    if (!open_ && (has_farewell() || !reader_.complete() || unread())) {
        enter(Stage::lingering);
        set_deadline(since_ + std::min(linger_time, context_.options.request_timeout));
        co_await linger();
    }
}

} // namespace common::http_server
