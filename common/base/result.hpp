// Result<T>: a value, or an Error that says what failed, where, and what was expected. Any thread.
// Failures of the outside world are Results, bugs are asserts. A function returns an error or
// handles it; it never does both (no logging on the way).
//
// common/base holds what every other folder builds on: results, time, log, digests, ASCII, files,
// systemd. It uses no other folder, only OpenSSL, spdlog and the system.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace common {

/// The kind of failure: decides exit codes and HTTP statuses, never texts.
enum class Fault {
    input,       ///< bad data, or an unknown id
    config,      ///< the INI file or a file that it names
    unreachable, ///< no answer: connection refused, timed out, no such name, connection lost
    own,         ///< a shortage or fault of this side: descriptors, memory, a TLS file; wait
    date,        ///< the peer's certificate is not valid at the time that this clock shows
    refused,     ///< the peer answered and refused: login, permission
    storage,     ///< the database or the file system
    full,        ///< the queue is at its limit
    internal,
};

/// What a request to another host failed in, for whoever counts failures by it.
enum class Cause : unsigned char {
    other,      ///< also what is no request at all
    denied,     ///< the address is one that must not be connected to
    name,       ///< the host's name was not resolved
    connection, ///< none was made
    tls,        ///< the handshake, certificates included
    timeout,    ///< it took too long, in whichever step
};

struct Error {
    Fault fault = Fault::internal;
    std::string message;
    Cause cause = Cause::other;
};

template <class T> using Result = tl::expected<T, Error>;

/// Use as `return fail(Fault::input, "...")` in a function that returns a Result.
[[nodiscard]] inline tl::unexpected<Error> fail(Fault fault, std::string message) {
    return tl::unexpected<Error>{Error{fault, std::move(message)}};
}

/// Passes on an error. By reference: where a co_return moves an error into a parameter that is a
/// value, g++ 12 at -O2 frees the message, and whoever awaits the coroutine reads freed memory.
[[nodiscard]] inline tl::unexpected<Error> fail(Error&& error) {
    return tl::unexpected<Error>{std::move(error)};
}
[[nodiscard]] inline tl::unexpected<Error> fail(const Error& error) {
    return tl::unexpected<Error>{error};
}

/// The same error with the place in front: "context: message".
[[nodiscard]] inline tl::unexpected<Error> fail(std::string_view context, const Error& error) {
    auto placed = error;
    placed.message = std::string{context} + ": " + error.message;
    return tl::unexpected<Error>{std::move(placed)};
}

} // namespace common
