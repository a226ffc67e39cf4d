#include "common/base/crypto.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <unistd.h>

namespace common {

namespace {

const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

// Without SHA-256 or randomness there is no way to continue.
void require(bool worked) {
    if (!worked) {
        std::abort();
    }
}

class Sha256 {
  public:
    Sha256() : context_{EVP_MD_CTX_new(), EVP_MD_CTX_free} {
        require(context_ != nullptr &&
                EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
    }
    void add(std::string_view data) {
        require(EVP_DigestUpdate(context_.get(), data.data(), data.size()) == 1);
    }
    Digest finish() {
        Digest digest;
        require(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
        return digest;
    }

  private:
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

class SipHash {
  public:
    SipHash() {
        const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> method{
            EVP_MAC_fetch(nullptr, "SIPHASH", nullptr), EVP_MAC_free};
        require(method != nullptr);
        context_.reset(EVP_MAC_CTX_new(method.get()));
        require(context_ != nullptr);
    }
    void begin(const Fingerprint& key) {
        std::size_t size = sizeof(Fingerprint);
        const std::array<OSSL_PARAM, 2> parameters{
            OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size), OSSL_PARAM_construct_end()};
        require(EVP_MAC_init(context_.get(), key.data(), key.size(), parameters.data()) == 1);
    }
    void add(std::string_view data) {
        require(EVP_MAC_update(context_.get(), bytes(data), data.size()) == 1);
    }
    Fingerprint finish() {
        Fingerprint result;
        std::size_t size = 0;
        require(EVP_MAC_final(context_.get(), result.data(), &size, result.size()) == 1 &&
                size == result.size());
        return result;
    }

  private:
    std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context_{nullptr, EVP_MAC_CTX_free};
};

Fingerprint random_key() {
    Fingerprint key;
    require(::getentropy(key.data(), key.size()) == 0);
    return key;
}

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The text in the alphabet of RFC 4648 section 4, padded; nothing if it is not base64 in the
// alphabet with the given last two characters.
std::optional<std::string> normal_base64(std::string_view text, char char62, char char63) {
    const auto padding = text.size() - std::min(text.find_last_not_of('=') + 1, text.size());
    std::string normal{text.substr(0, text.size() - padding)};
    const auto missing = (4 - normal.size() % 4) % 4;
    if (missing == 3 || (padding != 0 && padding != missing)) {
        return std::nullopt;
    }
    for (char& c : normal) {
        if (c == char62) {
            c = '+';
        } else if (c == char63) {
            c = '/';
        } else if (!is_alphanumeric(c)) {
            return std::nullopt;
        }
    }
    return normal.append(missing, '=');
}

std::optional<std::string> decode(std::string_view text, char char62, char char63) {
    auto normal = normal_base64(text, char62, char63);
    if (!normal || normal->empty()) {
        return normal;
    }
    const auto padding = normal->size() - (normal->find_last_not_of('=') + 1);
    std::string decoded(normal->size() / 4 * 3, '\0');
    require(EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()), bytes(*normal),
                            static_cast<int>(normal->size())) >= 0);
    decoded.resize(decoded.size() - padding);
    return decoded;
}

} // namespace

Digest sha256(std::string_view data) {
    Sha256 hash;
    hash.add(data);
    return hash.finish();
}

Digest sha256_of(std::initializer_list<std::string_view> parts) {
    Sha256 hash;
    for (const auto part : parts) {
        hash.add(part);
        hash.add(std::string_view{"\0", 1});
    }
    return hash.finish();
}

Fingerprint fingerprint_of(std::initializer_list<std::string_view> parts) {
    static const auto key = random_key();
    thread_local SipHash hash;
    hash.begin(key);
    for (const auto part : parts) {
        hash.add(part);
        hash.add(std::string_view{"\0", 1});
    }
    return hash.finish();
}

Digest hmac_sha256(std::string_view key, std::string_view data) {
    Digest digest;
    require(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes(data), data.size(),
                 digest.data(), nullptr) != nullptr);
    return digest;
}

std::string base64(std::string_view data) {
    std::string text(4 * ((data.size() + 2) / 3) + 1, '\0');
    const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes(data),
                                       static_cast<int>(data.size()));
    text.resize(static_cast<std::size_t>(length));
    return text;
}

std::optional<std::string> from_base64(std::string_view text) {
    return decode(text, '+', '/');
}

std::optional<std::string> from_base64url(std::string_view text) {
    return decode(text, '-', '_');
}

std::string hex(std::string_view data) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(data.size() * 2);
    for (const char c : data) {
        const auto byte = static_cast<unsigned char>(c);
        text += digits[byte >> 4U];
        text += digits[byte & 15U];
    }
    return text;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    // The digests have one length, and their difference does not depend on where the texts differ.
    const auto left = sha256(a);
    const auto right = sha256(b);
    return CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

const char* openssl_version() {
    return OpenSSL_version(OPENSSL_VERSION_STRING);
}

bool is_uuid(std::string_view text) {
    if (text.size() != 36) {
        return false;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        const char c = text[i];
        if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return false;
        }
    }
    return true;
}

std::string UuidV7::next(WallTime wall) {
    std::array<unsigned char, 16> id{};
    // Not OpenSSL's generator: it takes 2 MiB before the first number, and this is all it is for.
    require(::getentropy(id.data(), id.size()) == 0);
    const auto since_epoch = std::chrono::duration_cast<Millis>(wall.time_since_epoch()).count();
    const auto millis = static_cast<std::uint64_t>(std::max<std::int64_t>(since_epoch, 0));
    std::uint64_t stamp = (millis << 12U) | ((static_cast<unsigned>(id[6]) << 8U | id[7]) & 0x7ffU);
    // Within one millisecond, and after the wall clock was set back, count on from the last one
    // (RFC 9562 section 6.2).
    stamp = std::max(stamp, last_ + 1);
    last_ = stamp;
    for (unsigned at = 0; at < 6; ++at) {
        id[at] = static_cast<unsigned char>(stamp >> (52U - 8U * at));
    }
    id[6] = static_cast<unsigned char>(0x70U | ((stamp >> 8U) & 0x0fU));
    id[7] = static_cast<unsigned char>(stamp);
    id[8] = static_cast<unsigned char>(0x80U | (id[8] & 0x3fU));
    auto text = hex({reinterpret_cast<const char*>(id.data()), id.size()});
    for (const std::size_t at : {8U, 13U, 18U, 23U}) {
        text.insert(at, 1, '-');
    }
    return text;
}

} // namespace common
