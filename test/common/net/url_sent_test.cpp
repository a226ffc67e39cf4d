// What is sent for a URL, byte for byte: the Host header and the request target. By the WHATWG URL
// standard, which other clients follow.
#include "common/net/url.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

struct Sent {
    const char* text;
    const char* host;
    const char* target;
};

class SentUrls : public testing::TestWithParam<Sent> {};

TEST_P(SentUrls, AreWhatOtherClientsSend) {
    SCOPED_TRACE(GetParam().text);
    const auto url = parse_url(GetParam().text);
    ASSERT_TRUE(url) << url.error().message;
    EXPECT_EQ(url->authority(), GetParam().host);
    EXPECT_EQ(url->target, GetParam().target);
    // What was sent once is sent the same again.
    const auto again = parse_url(url->origin() + url->target);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->target, url->target);
    EXPECT_EQ(again->origin(), url->origin());
}

INSTANTIATE_TEST_SUITE_P(
    Queries, SentUrls,
    testing::Values(Sent{"http://host/x?c[0]=a", "host", "/x?c[0]=a"},
                    Sent{"http://host/x?c[]=1&c[]=2", "host", "/x?c[]=1&c[]=2"},
                    Sent{"http://host/x?a={b}", "host", "/x?a={b}"},
                    Sent{"http://host/x?q=a|b", "host", "/x?q=a|b"},
                    Sent{"http://host/x?q=a b", "host", "/x?q=a%20b"},
                    Sent{"http://host/x?q=\"a\"", "host", "/x?q=%22a%22"},
                    Sent{"http://host/x?q=<a>", "host", "/x?q=%3Ca%3E"},
                    Sent{"http://host/x?q=it's", "host", "/x?q=it%27s"},
                    Sent{"http://host/x?q=a^b`c", "host", "/x?q=a^b`c"},
                    Sent{"http://host/x?q=a\\b", "host", "/x?q=a\\b"},
                    Sent{"http://host/x?q=\xd0\xbf", "host", "/x?q=%D0%BF"},
                    Sent{"http://host/x?q=%d0%bf", "host", "/x?q=%d0%bf"},
                    Sent{"http://host/x?q=%", "host", "/x?q=%"},
                    Sent{"http://host/x?q=50%&r=%zz", "host", "/x?q=50%&r=%zz"},
                    Sent{"http://host/x?a=1+2%2B3", "host", "/x?a=1+2%2B3"},
                    Sent{"http://host/x?a=%22b%22", "host", "/x?a=%22b%22"},
                    Sent{"http://host/x?u=http://a/b?c", "host", "/x?u=http://a/b?c"},
                    Sent{"http://host/x?a=@:/?", "host", "/x?a=@:/?"},
                    Sent{"http://host?a=1", "host", "/?a=1"}, Sent{"http://host?", "host", "/?"},
                    Sent{"http://host/x?a;b=1,2!$()*~", "host", "/x?a;b=1,2!$()*~"}));

INSTANTIATE_TEST_SUITE_P(
    Paths, SentUrls,
    testing::Values(
        Sent{"http://host/a b", "host", "/a%20b"}, Sent{"http://host/a%20b", "host", "/a%20b"},
        Sent{"http://host/a%2fb%2Fc", "host", "/a%2fb%2Fc"},
        Sent{"http://host//a///b/", "host", "//a///b/"}, Sent{"http://host/a+b", "host", "/a+b"},
        Sent{"http://host/[0]", "host", "/[0]"}, Sent{"http://host/{id}", "host", "/%7Bid%7D"},
        Sent{"http://host/a^b`c", "host", "/a%5Eb%60c"},
        Sent{"http://host/a|b'c", "host", "/a|b'c"}, Sent{"http://host/<\">", "host", "/%3C%22%3E"},
        Sent{"http://host/\xd0\xb4\xd0\xb2\xd0\xb5\xd1\x80\xd1\x8c", "host",
             "/%D0%B4%D0%B2%D0%B5%D1%80%D1%8C"},
        Sent{"http://host/\xf0\x9f\x9a\xaa", "host", "/%F0%9F%9A%AA"},
        Sent{"http://host/%zz/100%", "host", "/%zz/100%"},
        Sent{"http://host/a;b=c,d:@&=!$()*~", "host", "/a;b=c,d:@&=!$()*~"},
        Sent{"http://host/a\\b", "host", "/a/b"}, Sent{"http://host\\b", "host", "/b"},
        Sent{"http://host/a/../b/./c", "host", "/a/../b/./c"},
        Sent{"http://host/a%0d%0ab", "host", "/a%0d%0ab"},
        Sent{"http://host/x#part?y", "host", "/x"}, Sent{"http://host#part", "host", "/"},
        Sent{" \thttp://host/x\r\n", "host", "/x"}));

INSTANTIATE_TEST_SUITE_P(
    Hosts, SentUrls,
    testing::Values(
        Sent{"http://10.0.0.1.nip.io/", "10.0.0.1.nip.io", "/"},
        Sent{"http://192.168.1.5.local:8080/", "192.168.1.5.local:8080", "/"},
        Sent{"http://1.2.3.4x/", "1.2.3.4x", "/"},
        Sent{"http://10.0.0.1-door/", "10.0.0.1-door", "/"},
        Sent{"http://10.0.0.1_a/", "10.0.0.1_a", "/"},
        Sent{"http://4.3.2.1.in-addr.arpa/", "4.3.2.1.in-addr.arpa", "/"},
        Sent{"http://3com/", "3com", "/"}, Sent{"http://a1.b2/", "a1.b2", "/"},
        Sent{"http://0xcafe.example/", "0xcafe.example", "/"},
        Sent{"http://127.0.0.1./", "127.0.0.1", "/"},
        Sent{"http://127.0.0.1.:8080/", "127.0.0.1:8080", "/"},
        Sent{"http://127.1/", "127.0.0.1", "/"}, Sent{"http://0x7f.0.0.1/", "127.0.0.1", "/"},
        Sent{"http://2130706433/", "127.0.0.1", "/"}, Sent{"http://0177.0.0.1/", "127.0.0.1", "/"},
        Sent{"http://door.example./x", "door.example.", "/x"},
        Sent{"http://LocalHost/", "localhost", "/"}, Sent{"http://ho%73t/", "host", "/"},
        Sent{"http://host:/x", "host", "/x"}, Sent{"http://host:080/x", "host", "/x"},
        Sent{"https://host:443/x", "host", "/x"}, Sent{"https://host:80/x", "host:80", "/x"},
        Sent{"http://u:p@host:8080/x", "host:8080", "/x"},
        Sent{"http://u@x.example:p@ss@host/", "host", "/"},
        Sent{"http://u:gehe[im%@host/", "host", "/"}, Sent{"http://[::1]/", "[::1]", "/"},
        Sent{"http://[0:0:0:0:0:0:0:1]:8080/", "[::1]:8080", "/"},
        Sent{"http://[FD00:0:0:1::A]/", "[fd00:0:0:1::a]", "/"},
        Sent{"http://[::ffff:10.0.0.1]/", "[::ffff:a00:1]", "/"},
        Sent{"http://[64:ff9b::10.0.0.1]/", "[64:ff9b::a00:1]", "/"},
        Sent{"http://[::]/", "[::]", "/"},
        Sent{"http://xn--bcher-kva.example/", "xn--bcher-kva.example", "/"}));

TEST(Url, TakesTheLoginThatStandsBeforeTheLastAt) {
    const auto url = *parse_url("http://us%65r@x.example:p@ss%zz:\xd0\xbf[@host/");
    EXPECT_EQ(url.user, "user@x.example");
    EXPECT_EQ(url.password, "p@ss%zz:\xd0\xbf[");
    EXPECT_EQ(url.shown(), "http://host/");
}

} // namespace
} // namespace common
