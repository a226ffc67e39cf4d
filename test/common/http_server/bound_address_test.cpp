#include "common/http_server/bound_address.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <netinet/in.h>

namespace common::http_server {
namespace {

struct Row {
    const char* bound;
    const char* address;
    bool reached;
};

TEST(BoundAddress, KnowsWhatEndsUpAtItsListener) {
    for (const auto& [bound, address, reached] : {Row{"127.0.0.1", "127.0.0.1", true},
                                                  Row{"127.0.0.1", "::ffff:127.0.0.1", true},
                                                  Row{"127.0.0.1", "0.0.0.0", true},
                                                  Row{"127.0.0.1", "::ffff:0.0.0.0", true},
                                                  Row{"127.0.0.1", "127.0.0.2", false},
                                                  Row{"127.0.0.1", "::1", false},
                                                  Row{"127.0.0.1", "::", false},
                                                  Row{"127.0.0.2", "0.0.0.0", false},
                                                  Row{"127.0.0.1", "192.0.2.1", false},
                                                  Row{"::1", "::1", true},
                                                  Row{"::1", "::", true},
                                                  Row{"::1", "127.0.0.1", false},
                                                  Row{"::ffff:127.0.0.1", "127.0.0.1", true},
                                                  Row{"0.0.0.0", "127.0.0.1", true},
                                                  Row{"0.0.0.0", "127.9.8.7", true},
                                                  Row{"0.0.0.0", "0.0.0.0", true},
                                                  Row{"0.0.0.0", "::1", false},
                                                  Row{"0.0.0.0", "192.0.2.1", false},
                                                  Row{"::", "::1", true},
                                                  Row{"::", "127.0.0.1", true},
                                                  Row{"::", "::", true},
                                                  Row{"::", "2001:db8::1", false},
                                                  Row{"::", "192.0.2.1", false},
                                                  Row{"192.0.2.1", "192.0.2.1", true},
                                                  Row{"192.0.2.1", "127.0.0.1", false}}) {
        SCOPED_TRACE(std::string{bound} + " " + address);
        const BoundAddress own{bound, 8093};
        EXPECT_EQ(own.reached_by(*parse_address(address), 8093), reached);
        EXPECT_EQ(own.named_by(address, 8093), reached);
        EXPECT_FALSE(own.reached_by(*parse_address(address), 8094)) << "another port";
    }
    EXPECT_FALSE(BoundAddress{}.reached_by(*parse_address("127.0.0.1"), 0)) << "no listener";
}

TEST(BoundAddress, OfAWildcardIsEveryAddressOfThisMachine) {
    ifaddrs* all = nullptr;
    ASSERT_EQ(::getifaddrs(&all), 0);
    for (const auto* one = all; one != nullptr; one = one->ifa_next) {
        if (one->ifa_addr != nullptr && one->ifa_addr->sa_family == AF_INET) {
            char text[INET_ADDRSTRLEN]{};
            ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(one->ifa_addr)->sin_addr,
                        text, sizeof text);
            const auto address = *parse_address(text);
            EXPECT_TRUE((BoundAddress{"0.0.0.0", 80}.reached_by(address, 80))) << text;
            EXPECT_TRUE((BoundAddress{"::", 80}.reached_by(address, 80))) << text;
        }
    }
    ::freeifaddrs(all);
}

TEST(BoundAddress, IsNamedByLocalhost) {
    for (const auto* name : {"localhost", "LocalHost", "localhost.", "agent.localhost"}) {
        EXPECT_TRUE((BoundAddress{"127.0.0.1", 80}.named_by(name, 80))) << name;
        EXPECT_TRUE((BoundAddress{"::1", 80}.named_by(name, 80))) << name;
        EXPECT_TRUE((BoundAddress{"0.0.0.0", 80}.named_by(name, 80))) << name;
        EXPECT_FALSE((BoundAddress{"127.0.0.1", 81}.named_by(name, 80))) << name;
        EXPECT_FALSE((BoundAddress{"192.0.2.1", 80}.named_by(name, 80))) << name;
    }
    for (const auto* name : {"localhost.example", "mylocalhost", "board.lan", "", ".localhost"}) {
        EXPECT_FALSE((BoundAddress{"0.0.0.0", 80}.named_by(name, 80))) << name;
    }
}

} // namespace
} // namespace common::http_server
