#include "common/http_client/connect_race.hpp"

#include "test/common/http_client/client_fixture.hpp"
#include "test/support/certificates.hpp"

using common::Addresses;
using common::KeptConnection;
using test::address;
using test::Answer;
using test::ClientTest;
using test::ScriptedServer;
using test::Seen;
using test::SilentPeer;
using namespace std::chrono_literals;

namespace {

Addresses addresses(std::initializer_list<const char*> texts) {
    Addresses all;
    for (const auto* text : texts) {
        all.push_back(address(text));
    }
    return all;
}

struct ConnectRaceTest : ClientTest {
    ScriptedServer server{[](const Seen&) { return Answer{200, {}, "fine"}; }};

    void know(std::map<std::string, Addresses> known, common::Millis next_after = 10ms) {
        make_client({.user_agent = "",
                     .denied = {},
                     .next_address_after = next_after,
                     .lookup = names.lookup(std::move(known))});
    }
    common::HttpRequest to(const std::string& name) const {
        auto request = get("http://" + name + ":" + std::to_string(server.port()) + "/");
        request.kept = KeptConnection::none;
        return request;
    }
};

} // namespace

TEST_F(ConnectRaceTest, TakesFamiliesInTurnAndWhatWorkedFirst) {
    const auto all = addresses(
        {"2001:db8::1", "2001:db8::2", "2001:db8::3", "10.0.0.1", "10.0.0.2", "2001:db8::1"});
    EXPECT_EQ(common::trial_order(all, std::nullopt),
              addresses({"2001:db8::1", "10.0.0.1", "2001:db8::2", "10.0.0.2", "2001:db8::3"}));
    EXPECT_EQ(common::trial_order(all, address("10.0.0.2")),
              addresses({"10.0.0.2", "2001:db8::1", "10.0.0.1", "2001:db8::2", "2001:db8::3"}));
    EXPECT_EQ(common::trial_order(all, address("10.0.0.9")).front(), address("2001:db8::1"));
    EXPECT_EQ(common::trial_order(addresses({"10.0.0.1", "::1"}), std::nullopt),
              addresses({"10.0.0.1", "::1"}));
}

TEST_F(ConnectRaceTest, RemembersABoundedNumberOfNames) {
    common::PreferredAddresses preferred;
    for (int i = 0; i < 300; ++i) {
        preferred.set("host-" + std::to_string(i), address("10.0.0.1"));
        preferred.set("host-" + std::to_string(i), address("10.0.0.2"));
    }
    EXPECT_FALSE(preferred.of("host-0"));
    EXPECT_FALSE(preferred.of("host-43"));
    EXPECT_EQ(preferred.of("host-44"), address("10.0.0.2"));
    EXPECT_EQ(preferred.of("host-299"), address("10.0.0.2"));
    preferred.forget();
    EXPECT_FALSE(preferred.of("host-299"));
}

TEST_F(ConnectRaceTest, ARefusedAddressIsFollowedAtOnce) {
    know({{"refused.test", addresses({"127.0.0.2", "127.0.0.4", "127.0.0.1"})}}, 1h);
    EXPECT_EQ(text(to("refused.test")), "200 fine");
}

TEST_F(ConnectRaceTest, ASilentAddressIsFollowedSoonWhileItMayStillAnswer) {
    const SilentPeer black_hole{true, "127.0.0.3", server.port()};
    know({{"hole.test", addresses({"127.0.0.3", "127.0.0.1"})}});
    EXPECT_EQ(text(to("hole.test")), "200 fine");
    // Of several, too, whose number exceeds what is open at once.
    Addresses many;
    const SilentPeer elsewhere{true, "0.0.0.0"};
    for (int i = 10; i < 24; ++i) {
        many.push_back(address("127.0.0." + std::to_string(i)));
    }
    know({{"many.test", many}}, 1ms);
    auto request = get("http://many.test:" + std::to_string(get(elsewhere.url()).url.port) + "/");
    std::string says = "connecting; no answer (";
    for (const auto& one : many) {
        says += (one == many.front() ? "" : ", ") + common::show_address(one);
    }
    expect_time_out(request, says + ")");
    // One that makes room for the next has not failed: the others keep their pace.
    know({{"many.test", many}}, 20ms);
    request.timeout = 220ms;
    const auto paced = text(request);
    EXPECT_EQ(paced.find(common::show_address(many.back())), std::string::npos) << paced;
}

TEST_F(ConnectRaceTest, TheAddressThatWorkedIsTheFirstNextTime) {
    know({{"two.test", addresses({"127.0.0.2", "127.0.0.1"})}}, 1h);
    EXPECT_EQ(text(to("two.test")), "200 fine"); // 127.0.0.2 refuses
    const SilentPeer no_answer{false, "127.0.0.2", server.port()};
    EXPECT_EQ(text(to("two.test")), "200 fine");
    client->set_options(
        {.user_agent = "",
         .denied = {},
         .next_address_after = 1h,
         .lookup = names.lookup({{"two.test", addresses({"127.0.0.2", "127.0.0.1"})}})});
    expect_time_out(to("two.test"), "waiting for the response");
}

TEST_F(ConnectRaceTest, AnAddressWithoutTlsIsNotTheFirstNextTime) {
    test::Certificates certificates;
    const auto files = certificates.server();
    ScriptedServer secure{[](const Seen&) {
                              return Answer{200, {}, "fine"};
                          },
                          0, test::server_files(files)};
    const SilentPeer mute{false, "127.0.0.2", secure.port()};
    know({{"localhost", addresses({"127.0.0.2", "127.0.0.1"})}}, 1h);
    auto request = get("https://localhost:" + std::to_string(secure.port()) + "/");
    request.tls.ca_file = certificates.ca_file();
    expect_time_out(request, "in the TLS handshake");
    EXPECT_EQ(text(request), "200 fine");
}

TEST_F(ConnectRaceTest, ErrorsNameEveryAddressThatWasTried) {
    const SilentPeer black_hole{true, "127.0.0.3", server.port()};
    know({{"dead.test", addresses({"127.0.0.2", "127.0.0.4"})},
          {"one.test", addresses({"127.0.0.2"})},
          {"both.test", addresses({"127.0.0.3", "127.0.0.2"})}});
    EXPECT_EQ(text(to("dead.test")), "connect: connection refused (127.0.0.2, 127.0.0.4)");
    EXPECT_EQ(text(to("one.test")), "connect: connection refused (127.0.0.2)");
    EXPECT_EQ(text(to("127.0.0.2")), "connect: connection refused");
    expect_time_out(to("both.test"),
                    "connecting; no answer (127.0.0.3); connection refused (127.0.0.2)");
    expect_time_out(to("127.0.0.3"), "connecting");
}
