#include "common/net/host_port.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

TEST(HostPort, ReadsAndWritesOneForm) {
    const std::pair<const char*, HostPort> rows[] = {{"127.0.0.1:8093", {"127.0.0.1", 8093}},
                                                     {"[::1]:8093", {"::1", 8093}},
                                                     {"[::]:0", {"::", 0}},
                                                     {":0", {"", 0}},
                                                     {"localhost:65535", {"localhost", 65535}}};
    for (const auto& [text, parsed] : rows) {
        EXPECT_EQ(parse_host_port(text), parsed) << text;
        EXPECT_EQ(parsed.text(), text);
    }
}

TEST(HostPort, RefusesAnyOtherForm) {
    for (const char* text :
         {"", "127.0.0.1", "8093", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:80x", "127.0.0.1:80 ",
          "127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1:65536", "::1:8093", "[::1]", "[::1:80",
          "::1]:80", "[127.0.0.1]:80", "[]:80"}) {
        EXPECT_FALSE(parse_host_port(text)) << text;
    }
}

} // namespace
} // namespace common
