// Result<T>: a value, or an Error that says what, where and what would be right. Any thread.
// Nothing here survives a crash. The world says no -> Result. We are wrong -> assert. A function
// returns an error or handles it; it never logs and returns it.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace common {

/// What kind of "no" it was: decides exit codes and HTTP statuses, never texts.
enum class Fault {
    input,       ///< bad data, or an id that nobody knows
    config,      ///< the INI file or a file that it names
    unreachable, ///< no answer: refused, timed out, no such name, broken off
    refused,     ///< answered and said no: login, permission
    storage,     ///< the database or the file system
    full,        ///< the queue is at its bound
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

/// Passes an error on.
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
    return tl::unexpected<Error>{std::move(error)};
}

/// The same error with where it happened in front: "context: message".
[[nodiscard]] inline tl::unexpected<Error> fail(std::string_view context, Error error) {
    error.message = std::string{context} + ": " + error.message;
    return tl::unexpected<Error>{std::move(error)};
}

} // namespace common
