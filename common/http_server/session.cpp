#include "common/http_server/session.hpp"

#include "common/base/log.hpp"
#include "common/http_server/reply.hpp"

#include <algorithm>
#include <boost/core/demangle.hpp>
#include <boost/system/system_error.hpp>
#include <typeinfo>

namespace common {

namespace {

constexpr std::size_t most_kept_for_output = 64 * 1024;
constexpr Millis drain_time{10'000};
constexpr std::size_t drain_bytes = 64 * 1024 * 1024;
constexpr Millis linger_time{2'000};
constexpr Millis first_moment{
    1'000}; ///< what a new connection gets to send something before it may have to make room

Instant now() {
    return std::chrono::steady_clock::now();
}

/// What broke, without what() unless that is the system's own text: the words of a JSON library
/// quote events.
std::string kind(const std::exception& error) {
    const auto* system = dynamic_cast<const boost::system::system_error*>(&error);
    return system != nullptr ? system->code().message()
                             : boost::core::demangle(typeid(error).name());
}

} // namespace

Session::Session(Service& service, std::unique_ptr<Wire> wire, bool local, Welcome welcome)
    : Channel{std::move(wire)}, service_{service}, local_{local}, welcome_{welcome} {}

Task<> Session::live() {
    idle_since_ = now();
    watch(*idle_since_ + service_.options.request_timeout);
    auto greeting = handshake();
    const bool understood = co_await std::move(greeting);
    idle_since_.reset();
    if (!understood) {
        close();
        co_return;
    }
    if (welcome_ == Welcome::turn_away) {
        auto refusal =
            answer(problem(503, "too many connections are open; try again", {{"Retry-After", "1"}}),
                   false);
        co_await std::move(refusal);
    }
    while (open_ && !closed()) {
        auto arrival = next_request();
        if (!co_await std::move(arrival)) {
            break;
        }
        auto turn = exchange();
        co_await std::move(turn);
    }
    close();
}

bool Session::idle() const {
    return idle_since_ && !closed() && !unread();
}

bool Session::dispensable() const {
    return answered_ || now() - *idle_since_ >= first_moment;
}

/// False: no more requests come.
Task<bool> Session::next_request() {
    for (;;) {
        while (held().starts_with(
            "\r\n")) { // RFC 9112 section 2.2: some clients send one too many after a body
            consume(2);
        }
        if (!held().empty() && held() != "\r") {
            break;
        }
        if (service_.stopping) {
            co_return false;
        }
        if (!idle_since_) {
            idle_since_ = now();
            watch(*idle_since_ + service_.options.idle_timeout);
            shrink();
        }
        auto bytes = fill();
        const auto got = co_await std::move(bytes);
        if (got != Got::it) {
            co_return false;
        }
    }
    idle_since_.reset();
    continued_ = false;
    watch(now() + service_.options.request_timeout);
    reader_.begin(service_.options.max_body, local_);
    co_return true;
}

Task<> Session::exchange() {
    auto head = read_to(RequestReader::Step::head);
    if (!co_await std::move(head)) {
        co_return;
    }
    if (auto refusal = ask_gate()) {
        auto end = refuse(std::move(*refusal), true);
        co_await std::move(end);
        co_return;
    }
    if (!reader_.done() && !reader_.too_large()) {
        if (reader_.expects_continue() && held().empty()) {
            continued_ = true;
            auto word = write("HTTP/1.1 100 Continue\r\n\r\n");
            co_await std::move(word);
        }
        auto body = read_to(RequestReader::Step::done);
        if (!co_await std::move(body)) {
            co_return;
        }
    }
    if (reader_.too_large()) {
        auto end = refuse(problem(413, "the body may have at most " +
                                           std::to_string(service_.options.max_body) + " bytes"),
                          false);
        co_await std::move(end);
        co_return;
    }
    auto work = ask_handler();
    co_await std::move(work);
}

/// False: the request cannot be had, which the client was told. True also when the body turns out
/// to be too large.
Task<bool> Session::read_to(RequestReader::Step wanted) {
    for (;;) {
        if (!held().empty()) {
            std::size_t used = 0;
            const auto step = reader_.feed(held(), used);
            consume(used);
            if (step == RequestReader::Step::bad) {
                auto end = answer(reader_.refusal(), false);
                co_await std::move(end);
                co_return false;
            }
            if (step == wanted || reader_.too_large()) {
                co_return true;
            }
        }
        auto bytes = fill();
        const auto got = co_await std::move(bytes);
        if (got != Got::it) {
            auto end = give_up(got);
            co_await std::move(end);
            co_return false;
        }
    }
}

/// Reads the rest of the request's body off, for a while and up to a size. True: all of it.
Task<bool> Session::drain() {
    reader_.discard();
    watch(std::min(deadline(), now() + drain_time));
    const auto limit = std::max(drain_bytes, service_.options.max_body);
    for (std::size_t drained = 0; drained <= limit;) {
        if (!held().empty()) {
            std::size_t used = 0;
            const auto step = reader_.feed(held(), used);
            consume(used);
            drained += used;
            if (step == RequestReader::Step::done || step == RequestReader::Step::bad) {
                co_return step == RequestReader::Step::done;
            }
        }
        auto bytes = fill();
        const auto got = co_await std::move(bytes);
        if (got != Got::it) {
            co_return false;
        }
    }
    co_return false;
}

std::optional<HttpReply> Session::ask_gate() {
    if (!service_.gate) {
        return std::nullopt;
    }
    try {
        return service_.gate(reader_.request());
    } catch (const std::exception& error) {
        log::error("a request could not be judged", {{"method", reader_.request().method},
                                                     {"path", reader_.request().path},
                                                     {"error", kind(error)}});
        return problem(500, "the request could not be judged; the log says more");
    }
}

/// Answers before the body is read. The client gets to send it all the same, lest it should see a
/// reset instead of the answer; one that asks first (Expect: 100-continue) is answered at once.
Task<> Session::refuse(HttpReply refusal, bool may_stay) {
    bool whole = reader_.done();
    const bool asks_first = reader_.expects_continue() && !continued_ && held().empty();
    if (!whole && !asks_first) {
        auto rest = drain();
        whole = co_await std::move(rest);
    }
    auto end = answer(std::move(refusal), may_stay && whole);
    co_await std::move(end);
}

/// The request did not come whole: says so, where somebody may still listen.
Task<> Session::give_up(Got why) {
    if (why == Got::nothing) {
        close();
        co_return;
    }
    auto fault =
        why == Got::late
            ? problem(408, "the request did not come whole within " +
                               std::to_string(service_.options.request_timeout.count()) + " ms")
            : problem(400, "the request ended before it was whole");
    auto end = answer(std::move(fault), false);
    co_await std::move(end);
}

Task<> Session::ask_handler() {
    watch(never);
    const auto method = reader_.request().method;
    const auto path = reader_.request().path;
    HttpReply reply;
    std::string broke;
    try {
        auto call = service_.handler(std::move(reader_.request()));
        reply = co_await std::move(call);
    } catch (const std::exception& error) {
        broke = kind(error);
    } catch (...) {
        broke = "unknown";
    }
    if (closed()) { // stopped meanwhile; nobody is there for the answer
        co_return;
    }
    if (!broke.empty()) {
        log::error("a request could not be handled",
                   {{"method", method}, {"path", path}, {"error", broke}});
        reply = problem(500, "the request could not be handled; the log says more");
    }
    auto end = answer(std::move(reply), true);
    co_await std::move(end);
}

Task<> Session::answer(HttpReply reply, bool stay) {
    open_ = open_ && stay && reader_.keep_alive() && !service_.stopping;
    const auto ending = !open_               ? Ending::close
                        : reader_.http_1_0() ? Ending::keep_1_0
                                             : Ending::keep;
    write_response(out_, reply, service_.options.server_name, ending, reader_.is_head());
    watch(now() + service_.options.request_timeout);
    auto writing = write(out_);
    const bool written = co_await std::move(writing);
    if (out_.capacity() > most_kept_for_output) {
        out_ = std::string{};
    }
    if (!written) {
        close();
        co_return;
    }
    answered_ = true;
    if (!open_ && (has_farewell() || !reader_.done() || unread())) {
        idle_since_ = now();
        watch(*idle_since_ + std::min(linger_time, service_.options.request_timeout));
        auto end = linger();
        co_await std::move(end);
    }
}

} // namespace common
