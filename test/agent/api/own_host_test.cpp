#include "agent/api/own_host.hpp"

#include <gtest/gtest.h>

namespace agent {
namespace {

TEST(OwnHost, IsLocalhostALoopbackAddressOrWhatListenNames) {
    for (const auto* host :
         {"localhost", "localhost:8093", "localhost:", "LOCALHOST:80", "localhost.",
          "localhost.:8093", "door.localhost", "a.b.Localhost:1", "127.0.0.1", "127.0.0.1:8093",
          "127.0.0.1.", "127.255.0.9:65535", "[::1]", "[::1]:8093", "[0:0:0:0:0:0:0:1]",
          "[::ffff:127.0.0.1]:8093", "192.0.2.7:8093", "192.0.2.7"}) {
        EXPECT_TRUE(is_own_host(host, "192.0.2.7:8093")) << host;
    }
    for (const auto* host : {"",
                             ":8093",
                             "evil.example",
                             "evil.example:8093",
                             "localhost.evil.example",
                             "evil-localhost",
                             "xlocalhost:8093",
                             ".localhost",
                             "a..localhost",
                             "localhost..",
                             "localhost:80x",
                             "localhost:8093:8093",
                             "localhost:123456",
                             "127.0.0.1.evil.example",
                             "127.0.0.1..",
                             "127.0.0.1:evil",
                             "127.1",
                             "2130706433",
                             "0x7f000001",
                             "0.0.0.0:8093",
                             "0.0.0.0",
                             "[::]:8093",
                             "::1",
                             "[::1",
                             "[::1]x",
                             "[localhost]:8093",
                             "[127.0.0.1]:8093",
                             "[::1%lo]",
                             "192.0.2.8",
                             "user@localhost",
                             "localhost%00.evil",
                             "10.0.0.1:8093"}) {
        EXPECT_FALSE(is_own_host(host, "192.0.2.7:8093")) << host;
    }
    EXPECT_TRUE(is_own_host("[2001:db8::7]:80", "[2001:DB8::7]:8093"));
    EXPECT_TRUE(is_own_host("localhost", "")) << "no listener named";
}

} // namespace
} // namespace agent
