#include "test/support/token_mint.hpp"

#include "common/base/crypto.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>

namespace test {

using nlohmann::json;

namespace {

std::string random_bytes(std::size_t count) {
    std::random_device source;
    std::string bytes;
    while (bytes.size() < count) {
        bytes += static_cast<char>(source() & 0xFFU);
    }
    return bytes;
}

} // namespace

std::string base64url(std::string_view data) {
    auto text = common::base64(data);
    text.erase(std::find(text.begin(), text.end(), '='), text.end());
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    return text;
}

TokenMint::TokenMint(Kind kind, std::chrono::seconds life)
    : kind_{kind}, life_{life}, key_{random_bytes(32)} {}

std::int64_t TokenMint::now_s() const {
    const auto wall = std::chrono::system_clock::now() + ahead_;
    return std::chrono::duration_cast<std::chrono::seconds>(wall.time_since_epoch()).count();
}

std::string TokenMint::signature(const std::string& text) const {
    const auto mac = common::hmac_sha256(key_, text);
    return base64url({reinterpret_cast<const char*>(mac.data()), mac.size()});
}

std::string TokenMint::issue(const std::string& user) {
    if (kind_ == Kind::opaque) {
        return *opaque_.insert(common::hex(random_bytes(16))).first;
    }
    json claims{
        {"sub", user}, {"jti", common::hex(random_bytes(8))}, {"exp", now_s() + life_.count()}};
    if (kind_ == Kind::jwt) {
        claims["iat"] = now_s();
    }
    const json head{{"alg", "HS256"}, {"typ", "JWT"}};
    const auto text = base64url(head.dump()) + "." + base64url(claims.dump());
    return text + "." + signature(text);
}

bool TokenMint::accepts(const std::string& authorization) const {
    constexpr std::string_view scheme = "Bearer ";
    if (!authorization.starts_with(scheme)) {
        return false;
    }
    const auto token = authorization.substr(scheme.size());
    if (kind_ == Kind::opaque) {
        return opaque_.contains(token);
    }
    const auto first = token.find('.');
    const auto last = token.rfind('.');
    if (first == std::string::npos || first == last ||
        token.substr(last + 1) != signature(token.substr(0, last))) {
        return false;
    }
    const auto claims =
        common::from_base64url(std::string_view{token}.substr(first + 1, last - first - 1));
    return claims && now_s() < json::parse(*claims)["exp"].get<std::int64_t>();
}

void TokenMint::revoke() {
    key_ = random_bytes(32);
    opaque_.clear();
}

} // namespace test
