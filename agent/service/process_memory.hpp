// How much memory the process may take, and that it gives back what it no longer needs.
#pragma once

#include "agent/config/config.hpp"

#include <cstddef>

namespace agent {

/// Of the budget of requests and replies: for the Unix socket and for small requests, whatever
/// large ones hold.
inline constexpr std::size_t reserve_bytes = std::size_t{8} << 20;

/// What requests and replies may hold in memory, all connections together. Three requests of the
/// largest size fit.
std::size_t budget_bytes(const Config& config);

/// Sets malloc so that memory goes back to the kernel after a burst. For the whole process.
void return_freed_memory();

} // namespace agent
