// Digests, signatures, base64 and identifiers, made with OpenSSL. The functions: any thread.
#pragma once

#include "common/base/time.hpp"

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace common {

using Digest = std::array<std::uint8_t, 32>;

Digest sha256(std::string_view data);
/// SHA-256 of the parts with a NUL byte after each: different lists are different texts, unless a
/// part contains a NUL byte.
Digest sha256_of(std::initializer_list<std::string_view> parts);
Digest hmac_sha256(std::string_view key, std::string_view data);
/// 128 bits of the parts, to recognise within this process what was seen before: SipHash under a
/// random key, so that nobody can make two texts of one fingerprint. Where the processor has no
/// instructions for SHA-256, a quarter of its time. Parts as in sha256_of().
using Fingerprint = std::array<std::uint8_t, 16>;
Fingerprint fingerprint_of(std::initializer_list<std::string_view> parts);

std::string base64(std::string_view data); ///< RFC 4648 section 4, padded
/// Padded or not; nothing if the text is not base64.
std::optional<std::string> from_base64(std::string_view text);
std::optional<std::string> from_base64url(std::string_view text); ///< RFC 4648 section 5
std::string hex(std::string_view data);                           ///< lower case

/// The time taken does not depend on where the first difference is.
bool equal_in_constant_time(std::string_view a, std::string_view b);

/// "01890a5d-ac96-774b-bcce-b302099a8057": the form that UuidV7 makes.
bool is_uuid(std::string_view text);

/// Of the library that this program runs with: "3.0.15".
const char* openssl_version();

/// Makes identifiers of RFC 9562 version 7 from the wall clock and the system's randomness. Each
/// sorts after those made before it, whatever the clock does. One thread.
class UuidV7 {
  public:
    [[nodiscard]] std::string next(WallTime wall);

  private:
    std::uint64_t last_ = 0; // 48 bits of milliseconds, then the 12 bits after the version
};

} // namespace common
