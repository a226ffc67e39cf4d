#include "common/net/address.hpp"

#include <gtest/gtest.h>
#include <map>
#include <netinet/in.h>

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

struct Carried {
    const char* address;
    const char* ipv4; ///< null: none
};

class CarriedAddresses : public testing::TestWithParam<Carried> {};

TEST_P(CarriedAddresses, AreWhereThePacketGoes) {
    SCOPED_TRACE(GetParam().address);
    const auto found = carried_ipv4(*parse_address(GetParam().address));
    ASSERT_EQ(found.has_value(), GetParam().ipv4 != nullptr);
    if (found) {
        EXPECT_EQ(*found, *parse_address(GetParam().ipv4));
    }
}

INSTANTIATE_TEST_SUITE_P(
    Table, CarriedAddresses,
    testing::Values(Carried{"169.254.169.254", "169.254.169.254"},
                    Carried{"::ffff:169.254.169.254", "169.254.169.254"},
                    Carried{"::169.254.169.254", "169.254.169.254"},
                    Carried{"::a9fe:a9fe", "169.254.169.254"}, Carried{"::0.0.0.2", "0.0.0.2"},
                    Carried{"::", nullptr}, Carried{"::1", nullptr},
                    Carried{"::ffff:0:169.254.169.254", "169.254.169.254"},
                    Carried{"64:ff9b::169.254.169.254", "169.254.169.254"},
                    Carried{"64:ff9b::a9fe:a9fe", "169.254.169.254"},
                    Carried{"64:ff9b::", "0.0.0.0"}, Carried{"64:ff9b::1:a9fe:a9fe", nullptr},
                    // RFC 8215 with prefixes of 96, 64, 56 and 48 bits
                    Carried{"64:ff9b:1::169.254.169.254", "169.254.169.254"},
                    Carried{"64:ff9b:1:beef:0:1:8.8.8.8", "8.8.8.8"},
                    Carried{"64:ff9b:1:7:a9:fea9:fe00::", "169.254.169.254"},
                    Carried{"64:ff9b:1:7a9:fe:a9fe::", "169.254.169.254"},
                    Carried{"64:ff9b:1:a9fe:a9:fe00::", "169.254.169.254"},
                    Carried{"64:ff9b:1::8.8.8.8", "8.8.8.8"},
                    Carried{"64:ff9b:2::8.8.8.8", nullptr},
                    Carried{"2002:a9fe:a9fe::1", "169.254.169.254"},
                    Carried{"2002:a9fe:a9fe:1:2:3:808:808", "169.254.169.254"},
                    Carried{"2003:a9fe:a9fe::1", nullptr},
                    Carried{"2001:0:4136:e378:8000:63bf:5601:5601", "169.254.169.254"},
                    Carried{"2001:1::5601:5601", nullptr},
                    Carried{"fe80::5efe:169.254.169.254", "169.254.169.254"},
                    Carried{"2001:db8::5efe:a9fe:a9fe", "169.254.169.254"},
                    Carried{"2001:db8::200:5efe:10.0.0.1", "10.0.0.1"},
                    Carried{"2001:db8::100:5efe:10.0.0.1", nullptr},
                    Carried{"2001:db8::a9fe:a9fe", nullptr}, Carried{"fe80::1", nullptr}));

std::vector<IpRange> ranges(std::initializer_list<const char*> texts) {
    std::vector<IpRange> all;
    for (const auto* text : texts) {
        all.push_back(*IpRange::parse(text));
    }
    return all;
}

TEST(IpRange, IsJudgedByTheAddressAndByTheIpv4AddressInIt) {
    const auto defaults =
        ranges({"0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/128", "fe80::/10", "ff00::/8"});
    for (const auto* denied :
         {"169.254.169.254", "::ffff:169.254.169.254", "::169.254.169.254", "64:ff9b::a9fe:a9fe",
          "64:ff9b:1::a9fe:a9fe", "2002:a9fe:a9fe::", "2002:e000:1::5", "::", "0.0.0.0",
          "64:ff9b::", "fe80::1", "ff02::1"}) {
        EXPECT_TRUE(any_contains(defaults, *parse_address(denied))) << denied;
    }
    for (const auto* free : {"::1", "127.0.0.1", "10.0.0.1", "64:ff9b::8.8.8.8", "::8.8.8.8",
                             "2002:808:808::1", "2001:db8::1", "fd00::a9fe:a9fe"}) {
        EXPECT_FALSE(any_contains(defaults, *parse_address(free))) << free;
    }
    // A range of such IPv6 addresses is about them alone.
    const auto nat64 = ranges({"64:ff9b::/96", "2002::/16", "::/96"});
    for (const auto* denied : {"64:ff9b::8.8.8.8", "2002:808:808::1", "::8.8.8.8", "::1"}) {
        EXPECT_TRUE(any_contains(nat64, *parse_address(denied))) << denied;
    }
    EXPECT_FALSE(any_contains(nat64, *parse_address("8.8.8.8")));
    EXPECT_FALSE(any_contains(ranges({"64:ff9b::10.0.0.0/104"}), *parse_address("10.0.0.1")));
    EXPECT_TRUE(any_contains(ranges({"64:ff9b::10.0.0.0/104"}), *parse_address("64:ff9b::a00:1")));
    EXPECT_FALSE(any_contains({}, *parse_address("64:ff9b::8.8.8.8")));
}

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

TEST(Address, IsShownAsPeopleWriteIt) {
    for (const auto& [text, shown] :
         std::map<std::string, std::string>{{"10.0.0.7", "10.0.0.7"},
                                            {"::ffff:127.0.0.1", "127.0.0.1"},
                                            {"2001:DB8:0:0::1", "2001:db8::1"},
                                            {"::", "::"},
                                            {"fd00:1:2:3:4:5:6:7", "fd00:1:2:3:4:5:6:7"}}) {
        EXPECT_EQ(show_address(*parse_address(text)), shown);
    }
}

TEST(Address, IsReadFromASocketAddress) {
    sockaddr_storage where{};
    const auto* const any = reinterpret_cast<const sockaddr*>(&where);
    EXPECT_FALSE(address_of(any));
    auto& v4 = reinterpret_cast<sockaddr_in&>(where);
    v4.sin_family = AF_INET;
    v4.sin_addr.s_addr = htonl(0x0a000007);
    EXPECT_EQ(address_of(any), *parse_address("10.0.0.7"));
    auto& v6 = reinterpret_cast<sockaddr_in6&>(where);
    v6 = {};
    v6.sin6_family = AF_INET6;
    v6.sin6_addr = in6addr_loopback;
    EXPECT_EQ(address_of(any), *parse_address("::1"));
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
