// Digests, signatures, base64 and identifiers; OpenSSL underneath. Any thread.
#pragma once

#include "common/base/result.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace common {

using Digest = std::array<std::uint8_t, 32>;

Digest sha256(std::string_view data);
/// SHA-256 over a, one zero byte, b, one zero byte, c …: no two lists give the same bytes unless a
/// part holds a zero byte.
Digest sha256_of(std::initializer_list<std::string_view> parts);
Digest hmac_sha256(std::string_view key, std::string_view data);

std::string base64(std::string_view data); ///< RFC 4648 section 4, padded
Result<std::string>
from_base64(std::string_view text);           ///< padded or not; anything else is an error
std::string base64url(std::string_view data); ///< RFC 4648 section 5, without padding
Result<std::string> from_base64url(std::string_view text); ///< padded or not
std::string hex(std::string_view data);                    ///< lower case

/// Compares in a time that does not tell where the first difference is.
bool equal_in_constant_time(std::string_view a, std::string_view b);

/// RFC 9562 version 7, from the wall clock and the system's randomness; later ones of one process
/// sort behind earlier ones.
std::string uuid_v7(std::chrono::system_clock::time_point wall);

} // namespace common
