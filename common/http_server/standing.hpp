// Standing: what a connection is doing and since when, and whether it should yield to others when
// connections or memory run out. Pure.
#pragma once

#include "common/base/time.hpp"

#include <cstddef>
#include <optional>

namespace common::http_server {

enum class Stage {
    connecting, ///< TLS handshake
    idle,       ///< nothing of the next request has arrived
    head,       ///< part of a request's head has
    body,       ///< the head was accepted, the body is being read
    handling,
    answering,
    draining,  ///< reads the body of a request that is refused
    lingering, ///< was answered for the last time
};

struct Standing {
    Stage stage = Stage::connecting;
    bool answered = false; ///< at least one request
    Instant since{};       ///< when the stage began
    Instant moved{};       ///< when bytes came or went the last time
};

/// How dispensable a connection is: less goes first, and among equals the one that is `since`
/// longest. Nothing: it stays. What never was a request goes before what was one, so that
/// clients that cannot do anything else cannot take every connection. `patience` is how long a
/// connection may keep others waiting.
std::optional<unsigned> yields_connection(const Standing& standing, Instant now, Millis patience);

/// The same for the memory of a connection that waits for its peer: one that stands still goes
/// before one that takes very long.
std::optional<unsigned> yields_memory(const Standing& standing, Instant now, Millis patience);

} // namespace common::http_server
