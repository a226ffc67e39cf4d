#include "common/http_client/shortage.hpp"

#include "common/http_client/resolver.hpp"
#include "test/common/http_client/client_fixture.hpp"
#include "test/support/certificates.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <openssl/err.h>
#include <sys/resource.h>

using common::Fault;
using common::Millis;

namespace test {
namespace {

/// While it lives, the process can open no further file; or `more` files, where there are no gaps
/// among the descriptors.
class NoDescriptors {
  public:
    explicit NoDescriptors(std::optional<int> more = std::nullopt) {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const int next = ::dup(STDIN_FILENO);
        ::close(next);
        auto none = before_;
        none.rlim_cur = more ? static_cast<rlim_t>(next + *more) : 0;
        ::setrlimit(RLIMIT_NOFILE, &none);
    }
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;

  private:
    rlimit before_{};
};

struct ShortageTest : ClientTest {};

TEST_F(ShortageTest, IsToldFromAFailureOfThePeer) {
    const auto fault = [](int why) {
        return common::fault_of({why, boost::system::system_category()});
    };
    for (const int own : {EMFILE, ENFILE, ENOMEM, ENOBUFS, EADDRNOTAVAIL, EADDRINUSE}) {
        EXPECT_EQ(fault(own), Fault::own) << own;
    }
    for (const int theirs : {ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ECONNRESET}) {
        EXPECT_EQ(fault(theirs), Fault::unreachable) << theirs;
    }
    const auto& tls = boost::asio::error::get_ssl_category();
    EXPECT_EQ(
        common::fault_of({static_cast<int>(ERR_PACK(ERR_LIB_SSL, 0, ERR_R_MALLOC_FAILURE)), tls}),
        Fault::own);
    EXPECT_EQ(common::fault_of({static_cast<int>(ERR_PACK(ERR_LIB_SSL, 0, EMFILE)), tls}),
              Fault::unreachable);
    EXPECT_EQ(common::fault_of(boost::asio::error::eof), Fault::unreachable);
}

TEST_F(ShortageTest, OfDescriptorsIsOursWhereverItHappens) {
    SilentPeer peer;
    make_client({.user_agent = "", .denied = {}, .lookup = common::system_lookup});
    auto to_name = get("http://localhost:1/");
    auto to_address = get(peer.url());
    auto local = get("http://agent/");
    local.unix_socket = "/nowhere/agent.sock";
    // The loop opens its own descriptors with the first socket.
    EXPECT_EQ(send(get("http://127.0.0.1:1/")).error().fault, Fault::unreachable);
    EXPECT_EQ(send(local).error().fault, Fault::unreachable);
    for (const auto& request : {to_name, to_address, local}) {
        SCOPED_TRACE(request.url.shown());
        const auto reply = [&] {
            const NoDescriptors shortage;
            return send(request);
        }();
        ASSERT_FALSE(reply);
        EXPECT_EQ(reply.error().fault, Fault::own) << reply.error().message;
        EXPECT_NE(reply.error().message.find("oo many open files"), std::string::npos)
            << reply.error().message;
    }
    // A look-up that failed for a shortage is not kept.
    EXPECT_EQ(send(to_name).error().fault, Fault::unreachable);
}

TEST_F(ShortageTest, OfOneAddressIsOursForItMayHaveAnswered) {
    const SilentPeer black_hole{true, "127.0.0.3"};
    const auto lookup = [](const std::string&) -> common::Result<common::Addresses> {
        return common::Addresses{*common::parse_address("127.0.0.3"),
                                 *common::parse_address("127.0.0.2")};
    };
    make_client(
        {.user_agent = "", .denied = {}, .next_address_after = Millis{1}, .lookup = lookup});
    auto request = get(black_hole.url());
    request.url.host = "two.test";
    const auto known = expect_time_out(
        request, "connecting; no answer (127.0.0.3); connection refused (127.0.0.2)");
    EXPECT_EQ(known.error().fault, Fault::unreachable);
    const NoDescriptors shortage{1};
    const auto reply = expect_time_out(
        request, "connecting; no answer (127.0.0.3); too many open files (127.0.0.2)");
    EXPECT_EQ(reply.error().fault, Fault::own);
}

TEST_F(ShortageTest, DatesOfACertificateAreMarked) {
    Certificates certificates;
    const auto ask = [&](const Certificates::Files& files, const std::string& ca) {
        ScriptedServer server{[](const Seen&) { return Answer{}; }, 0, server_files(files)};
        auto request = get("https://127.0.0.1:" + std::to_string(server.port()) + "/");
        request.tls.ca_file = ca;
        return send(request).error().fault;
    };
    EXPECT_EQ(ask(certificates.early_server(), certificates.ca_file()), Fault::date);
    EXPECT_EQ(ask(certificates.expired_server(), certificates.ca_file()), Fault::date);
    EXPECT_EQ(ask(certificates.server_for("gate.test"), certificates.ca_file()),
              Fault::unreachable);
    EXPECT_EQ(ask(certificates.server(), certificates.self_signed().cert_file), Fault::unreachable);
}

} // namespace
} // namespace test
