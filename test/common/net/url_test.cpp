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
             "https://host:80/?a=***&b=***"},
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
        Bad{"", "expected an absolute http or https URL"}, Bad{" \n", "expected an absolute"},
        Bad{"host:8080/path", "URL scheme = host: expected http or https"},
        Bad{"10.0.0.1:8080/path", "expected an absolute"}, Bad{"/path", "expected an absolute"},
        Bad{"//host/path", "expected an absolute"}, Bad{"://host/", "expected an absolute"},
        Bad{"ftp://geheim@host/", "URL scheme = ftp: expected http or https"},
        Bad{"http:host", "no host"}, Bad{"http:/host", "no host"}, Bad{"http://", "no host"},
        Bad{"http:///path", "no host"}, Bad{"http://:80/", "no host"},
        Bad{"http://geheim@/", "no host"}, Bad{"http://u:geheim@:80/", "no host"},
        Bad{"http://host:0/", "URL port = 0: expected a number from 1 to 65535"},
        Bad{"http://host:65536/", "URL port = 65536: expected a number from 1 to 65535"},
        Bad{"http://host:99999999999999999999/", "URL port = 999999999999: expected a number"},
        Bad{"http://host:-1/",
            "URL port: \"-\" at character 13: expected a number from 1 to 65535"},
        Bad{"http://host:80a/", "URL port: \"a\" at character 15: expected a number"},
        Bad{"http://host:8 0/", "URL port: a space at character 14: expected a number"},
        Bad{"http://host:80:90/", "URL port: \":\" at character 15: expected a number"},
        // A raw slash in a password: what looks like host and port may be a part of it.
        Bad{"http://u:geheim/2@host/", "URL port: expected a number from 1 to 65535 (a \"/\""},
        Bad{"http://u:77777/geheim@host/", "URL port = (not shown): expected a number"},
        Bad{"http://geheim.1/x@host/", "URL host = (not shown): expected an IPv4 address"},
        Bad{"http://[::1]x/", "URL host: \"x\" at character 13 behind the bracket: expected \":\""},
        Bad{"http://host/\r\nX: y", "URL: control character U+000D at character 13"},
        Bad{"http://ho\tst/", "URL: control character U+0009 at character 10"},
        Bad{std::string{"http://host/\0", 13}, "URL: control character U+0000 at character 13"},
        Bad{"http://host/\x7f", "URL: control character U+007F at character 13"},
        Bad{"http://ho%00st/", "URL host: U+0000 at character 10: expected letters, digits"},
        Bad{"http://ho%0d%0ast/", "URL host: U+000D at character 10"},
        Bad{"http://host%2Fevil/", "URL host: \"/\" at character 12"},
        Bad{"http://ho%20st/", "URL host: a space at character 10"},
        Bad{"http://ho st/", "URL host: a space at character 10: expected letters, digits, \"-\", "
                             "\".\" and \"_\""},
        Bad{"http://ho%zzst/", "URL host: \"%\" at character 10"},
        Bad{"http://a,b/", "URL host: \",\" at character 9"},
        Bad{"http://*.example/", "URL host: \"*\" at character 8"},
        Bad{"http://${HOST}/", "URL host: \"$\" at character 8"},
        Bad{"http://" + std::string(254, 'a') + "/", "URL host = 254 characters: expected at most"},
        Bad{"http://1.2.3.256/", "URL host = 1.2.3.256: expected an IPv4 address such as"},
        Bad{"http://1.2.3.4.5/", "URL host = 1.2.3.4.5: expected an IPv4 address"},
        Bad{"http://1..2/", "URL host = 1..2: expected an IPv4 address"},
        Bad{"http://foo.0x7/", "URL host = foo.0x7: expected an IPv4 address"},
        Bad{"http://0900.1/", "URL host = 0900.1: expected an IPv4 address"},
        Bad{"http://4294967296/", "URL host = 4294967296: expected an IPv4 address"},
        Bad{"http://[fe80::1%25eth0]/",
            "URL host: \"%\" at character 16 begins the zone of an IPv6 "
            "address, which URLs cannot have: expected a name, or an "
            "address without a zone such as [fd00::10]"},
        Bad{"http://[fe80::1%eth0]:80/", "URL host: \"%\" at character 16 begins the zone"},
        Bad{"http://[::1/", "URL host: \"[\" at character 8 has no closing bracket"},
        Bad{"http://[v1.x]/", "URL host: \"v\" at character 9: expected an IPv6 address"},
        Bad{"http://[host]/", "URL host: \"h\" at character 9: expected an IPv6 address"},
        Bad{"http://[::1::2]/", "URL host = [::1::2]: expected an IPv6 address such as"},
        Bad{"http://[]/", "URL host = []: expected an IPv6 address"},
        Bad{"http://::1/",
            "URL host: \":\" at character 8 begins an IPv6 address: expected brackets"},
        Bad{"http://fe80::1%eth0/", "URL host: \"f\" at character 8 begins an IPv6 address"},
        Bad{"http://fd00::10/x", "URL host: \"f\" at character 8 begins an IPv6 address"},
        Bad{"http://geheim%0d%0a:x@host/", "control character in the URL's user or password"},
        Bad{"http://u:geheim%00@host/", "control character in the URL's user or password"},
        Bad{"http://geheim%3Ax:p@host/", "colon in the URL's user"},
        Bad{"http://b\xc3\xbc"
            "cher.example/",
            "URL host: \"\xc3\xbc\" at character 9 is not ASCII: "
            "write the host as xn--bcher-kva.example"},
        Bad{"http://b%C3%BCcher.example/",
            "at character 9 is not ASCII: write the host as xn--bcher-"},
        Bad{"http://\xd0\x94\xd0\xb2\xd0\xb5\xd1\x80\xd1\x8c.\xd1\x80\xd1\x84/",
            "at character 8 is not ASCII: write the host as xn--b1ade8b6c.xn--p1ai"},
        // A letter and a combining sign: how clients compose them is not known here.
        Bad{"http://bu\xcc\x88"
            "cher.example/",
            "URL host: U+0308 at character 10 is not ASCII: write the "
            "host in its ASCII form, which begins with xn--"},
        Bad{"http://\xc3\xbc.1/", // whose ASCII form would be refused, too
            "write the host in its ASCII form, which begins with xn--"},
        Bad{"http://ho\xe2\x80\x8bst/",
            "URL host: U+200B at character 10 is not ASCII: write the host in"},
        Bad{"http://\xc3\xbc"
            "geheim/x@host/",
            "is not ASCII: write the host in its ASCII form"},
        Bad{"http://ho\xffst/",
            "URL host: a byte that is not UTF-8 at character 10 is not ASCII"}));

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
        EXPECT_EQ(login + url->origin() + url->target, GetParam().result);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Table, References,
    testing::Values(
        Reference{"?page=2", "user:geheim https://ffl:8443/a/v1/webhooks/?page=2"},
        Reference{"/x", "user:geheim https://ffl:8443/x"},
        Reference{"next", "user:geheim https://ffl:8443/a/v1/webhooks/next"},
        Reference{"../y?z=1", "user:geheim https://ffl:8443/a/v1/y?z=1"},
        Reference{"./", "user:geheim https://ffl:8443/a/v1/webhooks/"},
        Reference{"https://ffl:8443/b", "https://ffl:8443/b"},
        Reference{"http://other/b", "http://other/b"}, Reference{"//other/b", "https://other/b"},
        Reference{"ftp://other/b", nullptr},
        Reference{"a b", "user:geheim https://ffl:8443/a/v1/webhooks/a%20b"},
        Reference{"?c[0]=a b", "user:geheim https://ffl:8443/a/v1/webhooks/?c[0]=a%20b"},
        Reference{"", "user:geheim https://ffl:8443/a/v1/webhooks/?page=1"},
        Reference{"#end", "user:geheim https://ffl:8443/a/v1/webhooks/?page=1"},
        Reference{"/a/./b/../c/..", "user:geheim https://ffl:8443/a/"},
        Reference{"../../../../z", "user:geheim https://ffl:8443/z"},
        Reference{"x%2f..?a=../b", "user:geheim https://ffl:8443/a/v1/webhooks/x%2f..?a=../b"},
        Reference{"a\nb", nullptr}, Reference{"http:x", nullptr}, Reference{"ht tp://x", nullptr},
        Reference{"1:2", nullptr}, Reference{"https://x:0/", nullptr},
        Reference{"mailto:a@b", nullptr}));

} // namespace
} // namespace common
