#include "common/net/url.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

struct Good {
    const char* text;
    Url url;
    const char* shown;
};

class GoodUrls : public testing::TestWithParam<Good> {};

TEST_P(GoodUrls, AreSplitIntoParts) {
    SCOPED_TRACE(GetParam().text);
    const auto url = parse_url(GetParam().text);
    ASSERT_TRUE(url) << url.error().message;
    const auto& expected = GetParam().url;
    EXPECT_EQ(url->scheme, expected.scheme);
    EXPECT_EQ(url->user, expected.user);
    EXPECT_EQ(url->password, expected.password);
    EXPECT_EQ(url->host, expected.host);
    EXPECT_EQ(url->port, expected.port);
    EXPECT_EQ(url->target, expected.target);
    EXPECT_EQ(url->shown(), GetParam().shown);
}

INSTANTIATE_TEST_SUITE_P(
    Table, GoodUrls,
    testing::Values(
        Good{"http://host", {"http", "", "", "host", 80, "/"}, "http://host/"},
        Good{"HTTPS://Host.Example:443/A",
             {"https", "", "", "host.example", 443, "/A"},
             "https://host.example/A"},
        Good{"http://host:/x", {"http", "", "", "host", 80, "/x"}, "http://host/x"},
        Good{"http://host:443/x", {"http", "", "", "host", 443, "/x"}, "http://host:443/x"},
        Good{"https://host:80?a=1&b=%20",
             {"https", "", "", "host", 80, "/?a=1&b=%20"},
             "https://host:80/?a=1&b=%20"},
        Good{"http://host/p?", {"http", "", "", "host", 80, "/p?"}, "http://host/p?"},
        Good{"http://host/p#fragment", {"http", "", "", "host", 80, "/p"}, "http://host/p"},
        Good{"http://host/a%0d%0ab",
             {"http", "", "", "host", 80, "/a%0d%0ab"},
             "http://host/a%0d%0ab"},
        Good{"http://host/a/../b", {"http", "", "", "host", 80, "/a/../b"}, "http://host/a/../b"},
        Good{"http://u%40x:p%3Aw%20d@host/",
             {"http", "u@x", "p:w d", "host", 80, "/"},
             "http://host/"},
        Good{"http://user@host/", {"http", "user", "", "host", 80, "/"}, "http://host/"},
        Good{"http://127.0.0.1:65535/",
             {"http", "", "", "127.0.0.1", 65535, "/"},
             "http://127.0.0.1:65535/"},
        Good{"http://[FD00::1]:8080/x",
             {"http", "", "", "fd00::1", 8080, "/x"},
             "http://[fd00::1]:8080/x"},
        Good{"http://a_b.local/", {"http", "", "", "a_b.local", 80, "/"}, "http://a_b.local/"},
        Good{"http://xn--e1afmkfd.example/%D0%BF",
             {"http", "", "", "xn--e1afmkfd.example", 80, "/%D0%BF"},
             "http://xn--e1afmkfd.example/%D0%BF"}));

struct Bad {
    std::string text;
    const char* error; ///< a part of it
};

class BadUrls : public testing::TestWithParam<Bad> {};

TEST_P(BadUrls, AreRefusedWithoutShowingSecrets) {
    const auto url = parse_url(GetParam().text);
    ASSERT_FALSE(url) << url->shown();
    EXPECT_EQ(url.error().fault, Fault::input);
    EXPECT_NE(url.error().message.find(GetParam().error), std::string::npos) << url.error().message;
    EXPECT_EQ(url.error().message.find("geheim"), std::string::npos) << url.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadUrls,
    testing::Values(
        Bad{"", "expected an absolute"},
        Bad{"host:8080/path", "URL scheme = host: expected http or https"},
        Bad{"/path", "expected an absolute"}, Bad{"//host/path", "expected an absolute"},
        Bad{"ftp://geheim@host/", "URL scheme = ftp: expected http or https"},
        Bad{"http:host", "no host"}, Bad{"http://", "no host"}, Bad{"http:///path", "no host"},
        Bad{"http://:80/", "no host"}, Bad{"http://geheim@/", "no host"},
        Bad{"http://host:0/", ": expected a number from 1 to 65535"},
        Bad{"http://host:65536/", ": expected a number from 1 to 65535"},
        Bad{"http://host:99999/", ": expected a number from 1 to 65535"},
        Bad{"http://host:99999999999999999999/", ": expected a number from 1 to 65535"},
        Bad{"http://host:-1/", "expected an absolute"},
        Bad{"http://host:80a/", "expected an absolute"},
        Bad{"http://u@host:80@evil/", "expected an absolute"},
        Bad{"http://1.2.3.4x/", "expected an absolute"},
        Bad{"http://[::1]x/", "expected an absolute"},
        Bad{" http://host/", "space or control character"},
        Bad{"http://host/a b", "space or control character"},
        Bad{"http://host/\r\nX: y", "space or control character"},
        Bad{std::string{"http://host/\0", 13}, "space or control character"},
        Bad{"http://ho%00st/", "invalid URL host"}, Bad{"http://ho%0d%0ast/", "invalid URL host"},
        Bad{"http://host%2Fevil/", "invalid URL host"}, Bad{"http://ho%20st/", "invalid URL host"},
        Bad{"http://" + std::string(254, 'a') + "/", "invalid URL host"},
        Bad{"http://geheim%0d%0a:x@host/", "control character in the URL's user or password"},
        Bad{"http://u:geheim%00@host/", "control character in the URL's user or password"},
        Bad{"http://geheim%3Ax:p@host/", "colon in the URL's user"},
        Bad{"http://u:gehe[im@host/", "expected an absolute"},
        Bad{"http://[::1/", "expected an absolute"}, Bad{"http://[v1.x]/", "no host"},
        Bad{"http://host/%zz", "expected an absolute"},
        Bad{"http://host/\xd0\xbf", "percent-encoded"}));

TEST(Url, ShowsAuthorityAndOrigin) {
    const auto plain = *parse_url("http://u:p@Host:8080/x?y");
    EXPECT_EQ(plain.authority(), "host:8080");
    EXPECT_EQ(plain.origin(), "http://host:8080");
    EXPECT_FALSE(plain.tls());
    const auto secure = *parse_url("https://[::1]:443/");
    EXPECT_EQ(secure.authority(), "[::1]");
    EXPECT_EQ(secure.origin(), "https://[::1]");
    EXPECT_TRUE(secure.tls());
    EXPECT_NE(parse_url("http://host")->origin(), parse_url("https://host:80")->origin());
}

struct Reference {
    const char* text;
    const char* result; ///< with user and password in front where they are kept; null: an error
};

class References : public testing::TestWithParam<Reference> {};

TEST_P(References, AreResolvedAgainstTheBase) {
    const auto base = *parse_url("https://user:geheim@ffl:8443/a/v1/webhooks/?page=1");
    SCOPED_TRACE(GetParam().text);
    const auto url = resolve(base, GetParam().text);
    if (GetParam().result == nullptr) {
        ASSERT_FALSE(url);
        EXPECT_EQ(url.error().message.find("geheim"), std::string::npos);
    } else {
        ASSERT_TRUE(url) << url.error().message;
        const auto login = url->user.empty() ? "" : url->user + ":" + url->password + " ";
        EXPECT_EQ(login + url->shown(), GetParam().result);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Table, References,
    testing::Values(Reference{"?page=2", "user:geheim https://ffl:8443/a/v1/webhooks/?page=2"},
                    Reference{"/x", "user:geheim https://ffl:8443/x"},
                    Reference{"next", "user:geheim https://ffl:8443/a/v1/webhooks/next"},
                    Reference{"../y?z=1", "user:geheim https://ffl:8443/a/v1/y?z=1"},
                    Reference{"./", "user:geheim https://ffl:8443/a/v1/webhooks/"},
                    Reference{"https://ffl:8443/b", "https://ffl:8443/b"},
                    Reference{"http://other/b", "http://other/b"},
                    Reference{"//other/b", "https://other/b"}, Reference{"ftp://other/b", nullptr},
                    Reference{"a b", nullptr}, Reference{"https://x:0/", nullptr},
                    Reference{"mailto:a@b", nullptr}));

} // namespace
} // namespace common
