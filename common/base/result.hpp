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

struct Error {
    Fault fault = Fault::internal;
    std::string message;
};

template <class T> using Result = tl::expected<T, Error>;

/// Use as `return fail(Fault::input, "...")` in a function that returns a Result.
[[nodiscard]] inline tl::unexpected<Error> fail(Fault fault, std::string message) {
    return tl::unexpected<Error>{Error{fault, std::move(message)}};
}

/// Passes on an error.
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
    return tl::unexpected<Error>{std::move(error)};
}

/// The same error with the place in front: "context: message".
[[nodiscard]] inline tl::unexpected<Error> fail(std::string_view context, Error error) {
    error.message = std::string{context} + ": " + error.message;
    return tl::unexpected<Error>{std::move(error)};
}

} // namespace common
