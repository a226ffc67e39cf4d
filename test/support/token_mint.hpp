// TokenMint: issues bearer tokens as a server does (JWTs signed with HS256 and a random key, or
// opaque ones) and checks those that come back. Not thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace test {

/// RFC 4648 section 5, without padding.
std::string base64url(std::string_view data);

class TokenMint {
  public:
    enum class Kind { jwt, jwt_without_iat, opaque };

    TokenMint(Kind kind, std::chrono::seconds life);
    [[nodiscard]] std::string issue(const std::string& user);
    /// `authorization` is the value of an Authorization header.
    [[nodiscard]] bool accepts(const std::string& authorization) const;
    /// Invalidates every token issued so far.
    void revoke();
    /// Moves its clock forward.
    void advance(std::chrono::seconds span) { ahead_ += span; }

  private:
    [[nodiscard]] std::int64_t now_s() const;
    [[nodiscard]] std::string signature(const std::string& text) const;

    Kind kind_;
    std::chrono::seconds life_;
    std::chrono::seconds ahead_{0};
    std::string key_;
    std::set<std::string> opaque_;
};

} // namespace test
