#include "common/net/address.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

struct Membership {
    const char* range;
    const char* address;
    bool inside;
};

class Memberships : public testing::TestWithParam<Membership> {};

TEST_P(Memberships, DependOnTheFamily) {
    const auto range = IpRange::parse(GetParam().range);
    const auto address = parse_address(GetParam().address);
    ASSERT_TRUE(range) << range.error().message;
    ASSERT_TRUE(address) << address.error().message;
    EXPECT_EQ(range->contains(*address), GetParam().inside);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Memberships,
    testing::Values(
        Membership{"10.0.0.0/8", "10.255.0.1", true}, Membership{"10.0.0.0/8", "11.0.0.0", false},
        Membership{"10.9.9.9/8", "10.0.0.1", true},
        Membership{"169.254.0.0/16", "169.254.169.254", true},
        Membership{"169.254.0.0/16", "::ffff:169.254.169.254", true},
        Membership{"224.0.0.0/3", "255.255.255.255", true},
        Membership{"224.0.0.0/3", "223.255.255.255", false},
        Membership{"0.0.0.0/8", "0.0.0.0", true}, Membership{"0.0.0.0/8", "::", false},
        Membership{"::/128", "::", true}, Membership{"::/128", "::1", false},
        Membership{"::/128", "0.0.0.0", false}, Membership{"0.0.0.0/0", "8.8.8.8", true},
        Membership{"0.0.0.0/0", "::1", false}, Membership{"::/0", "8.8.8.8", false},
        Membership{"::/0", "2001:db8::1", true}, Membership{"fe80::/10", "febf::1", true},
        Membership{"fe80::/10", "fec0::1", false}, Membership{"ff00::/8", "ff02::1", true},
        Membership{"127.0.0.1", "127.0.0.1", true}, Membership{"127.0.0.1", "127.0.0.2", false},
        Membership{"fd00::1", "fd00::1", true}, Membership{"fd00::1", "fd00::2", false},
        Membership{"192.168.1.128/25", "192.168.1.127", false},
        Membership{"192.168.1.128/25", "192.168.1.200", true},
        Membership{"::ffff:10.0.0.0/104", "10.1.2.3", true}));

TEST(IpRange, HasOneValueHoweverItIsWritten) {
    EXPECT_EQ(*IpRange::parse("10.1.2.3/8"), *IpRange::parse("10.0.0.0/8"));
    EXPECT_EQ(*IpRange::parse("::ffff:10.0.0.0/104"), *IpRange::parse("10.0.0.0/8"));
    EXPECT_EQ(*IpRange::parse("10.0.0.1"), *IpRange::parse("10.0.0.1/32"));
    EXPECT_FALSE(*IpRange::parse("10.0.0.0/8") == *IpRange::parse("10.0.0.0/9"));
}

TEST(IpRange, NamesTheTextThatIsNone) {
    for (const std::string text :
         {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/8/8",
          "10.0.0/8", "localhost", "::/129", "fe80::1%eth0", "10.0.0.0 /8", "[::1]"}) {
        const auto range = IpRange::parse(text);
        ASSERT_FALSE(range) << text;
        EXPECT_NE(range.error().message.find("\"" + text + "\": expected "), std::string::npos)
            << range.error().message;
    }
}

TEST(Address, RefusesNames) {
    for (const std::string text : {"", "localhost", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4",
                                   "127.1", "0x7f.0.0.1", "[::1]", ":::", "::1 "}) {
        EXPECT_FALSE(parse_address(text)) << text;
    }
    EXPECT_FALSE(parse_address({"1.2.3.4\0", 8}));
    EXPECT_EQ(*parse_address("1.2.3.4"), *parse_address("::ffff:102:304"));
}

TEST(Address, KnowsLoopback) {
    for (const char* text : {"127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"}) {
        EXPECT_TRUE(is_loopback(*parse_address(text))) << text;
    }
    for (const char* text :
         {"0.0.0.0", "::", "128.0.0.1", "10.0.0.1", "::2", "7f00::1", "::7f00:1"}) {
        EXPECT_FALSE(is_loopback(*parse_address(text))) << text;
    }
}

} // namespace
} // namespace common
