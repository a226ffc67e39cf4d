// What TCP knows of the bytes that it sent. In a file of its own because <linux/tcp.h> and
// <netinet/tcp.h> exclude each other. Any thread. Internal to PooledClient.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace common {

/// How many bytes the peer's system has acknowledged on this socket since it was connected, also
/// when the connection has ended. Nothing where the system does not say: no TCP, Linux before 4.1.
std::optional<std::uint64_t> acknowledged_bytes(int socket);

/// How many of the bytes that were written to this TCP socket the peer's system has not
/// acknowledged, also when the connection has ended. 0 where the system does not say.
std::size_t unacknowledged_bytes(int socket);

} // namespace common
