#include "common/base/crypto.hpp"

#include "test/support/token_mint.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>
#include <thread>
#include <vector>

namespace common {
namespace {

std::string bytes(const Digest& digest) {
    return {digest.begin(), digest.end()};
}

// FIPS 180-4 examples; RFC 4231 cases 1, 2 and 6.
TEST(Crypto, ComputesSha256) {
    EXPECT_EQ(hex(bytes(sha256(""))),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hex(bytes(sha256("abc"))),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex(bytes(sha256(std::string(1'000'000, 'a')))),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Crypto, DistinguishesPartsByTheirEnds) {
    EXPECT_EQ(sha256_of({"ab", "c"}), sha256(std::string{"ab\0c\0", 5}));
    EXPECT_NE(sha256_of({"ab", "c"}), sha256_of({"a", "bc"}));
    EXPECT_NE(sha256_of({"ab"}), sha256_of({"ab", ""}));
    EXPECT_EQ(sha256_of({}), sha256(""));
}

TEST(Crypto, FingerprintsTellTextsApart) {
    using common::fingerprint_of;
    const std::string text(1'200, 'x');
    EXPECT_EQ(fingerprint_of({"id", text}), fingerprint_of({"id", text}));
    EXPECT_NE(fingerprint_of({"id", text}), fingerprint_of({"id", text.substr(1)}));
    EXPECT_NE(fingerprint_of({"ab", "c"}), fingerprint_of({"a", "bc"}));
    EXPECT_NE(fingerprint_of({"ab"}), fingerprint_of({"ab", ""}));
    common::Fingerprint elsewhere{};
    std::thread{[&] { elsewhere = fingerprint_of({"id", text}); }}.join();
    EXPECT_EQ(elsewhere, fingerprint_of({"id", text}));
}

TEST(Crypto, ComputesHmacSha256) {
    EXPECT_EQ(hex(bytes(hmac_sha256(std::string(20, '\x0b'), "Hi There"))),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(hex(bytes(hmac_sha256("Jefe", "what do ya want for nothing?"))),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(hex(bytes(hmac_sha256(std::string(131, '\xaa'),
                                    "Test Using Larger Than Block-Size Key - Hash Key First"))),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

struct Coded {
    std::string plain, padded;
};

class Base64 : public testing::TestWithParam<Coded> {};

TEST_P(Base64, EncodesAndDecodes) {
    const auto& [plain, padded] = GetParam();
    EXPECT_EQ(base64(plain), padded);
    EXPECT_EQ(from_base64(padded), plain);
    auto bare = padded.substr(0, padded.find('='));
    EXPECT_EQ(from_base64(bare), plain);
    std::ranges::replace(bare, '+', '-');
    std::ranges::replace(bare, '/', '_');
    EXPECT_EQ(test::base64url(plain), bare);
    EXPECT_EQ(from_base64url(bare), plain);
    EXPECT_EQ(from_base64url(bare + padded.substr(bare.size())), plain);
}

// RFC 4648 section 10, and bytes that need the last two characters of the alphabet.
INSTANTIATE_TEST_SUITE_P(Table, Base64,
                         testing::Values(Coded{"", ""}, Coded{"f", "Zg=="}, Coded{"fo", "Zm8="},
                                         Coded{"foo", "Zm9v"}, Coded{"foob", "Zm9vYg=="},
                                         Coded{"fooba", "Zm9vYmE="}, Coded{"foobar", "Zm9vYmFy"},
                                         Coded{"\xfb\xff\xbf", "+/+/"},
                                         Coded{std::string(3, '\0'), "AAAA"},
                                         Coded{std::string(1, '\0'), "AA=="}));

TEST(Crypto, RefusesWhatIsNotBase64) {
    for (const char* text :
         {"Z", "Zm9vY", "Zg=", "Zg===", "Zm8==", "Zm9v=", "Zm9v====", "=", "====", "Z=g=", "Zm9 v",
          "Zm9v\n", " Zm9v", "Zm9-", "Zm9_", "Zm9\xc3\xa9", "Zm9*"}) {
        EXPECT_FALSE(from_base64(text)) << text;
    }
    for (const char* text : {"Zm9+", "Zm9/", "Z", "Zm 9"}) {
        EXPECT_FALSE(from_base64url(text)) << text;
    }
    EXPECT_FALSE(from_base64({"Zm9\0", 4}));
}

TEST(Crypto, ComparesWholeTexts) {
    EXPECT_TRUE(equal_in_constant_time("", ""));
    EXPECT_TRUE(equal_in_constant_time("token", "token"));
    EXPECT_FALSE(equal_in_constant_time("token", "tokem"));
    EXPECT_FALSE(equal_in_constant_time("token", "toke"));
    EXPECT_FALSE(equal_in_constant_time("", "t"));
    EXPECT_FALSE(equal_in_constant_time("a", {"a\0", 2}));
}

std::uint64_t millis_of(const std::string& uuid) {
    return std::stoull(uuid.substr(0, 8) + uuid.substr(9, 4), nullptr, 16);
}

TEST(UuidV7, HasTheFormAndTheTime) {
    const auto wall = WallTime{std::chrono::milliseconds{1'750'000'000'123}};
    const auto id = UuidV7{}.next(wall);
    auto form = id;
    std::ranges::replace_if(
        form, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }, 'x');
    EXPECT_EQ(form, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
    EXPECT_EQ(id[14], '7') << "the version";
    EXPECT_NE(std::string{"89ab"}.find(id[19]), std::string::npos) << "the variant";
    EXPECT_EQ(millis_of(id), 1'750'000'000'123U);
}

TEST(UuidV7, LaterOnesSortAfterEarlierOnesWhateverTheClockDoes) {
    const auto wall = WallTime{std::chrono::milliseconds{1'760'000'000'000}};
    UuidV7 source;
    std::vector<std::string> ids;
    for (int n = 0; n < 10'000; ++n) {
        ids.push_back(source.next(wall)); // more than fit into one millisecond
    }
    ids.push_back(source.next(wall - std::chrono::hours{24 * 365}));
    ids.push_back(source.next(WallTime{std::chrono::hours{-1}}));
    ids.push_back(source.next(wall + std::chrono::hours{1}));
    EXPECT_TRUE(std::ranges::is_sorted(ids));
    EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
}

} // namespace
} // namespace common
