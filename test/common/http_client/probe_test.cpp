#include "common/http_client/probe.hpp"

#include "test/common/http_client/client_fixture.hpp"
#include "test/support/certificates.hpp"

#include <gtest/gtest.h>

namespace {

using common::CertificateFault;
using common::ProbeResult;
using Step = common::ProbeResult::Step;
using test::Certificates;
using test::ScriptedServer;
using test::SilentPeer;

class ProbeTest : public testing::Test {
  protected:
    ProbeResult probe(common::ProbeTerms terms) {
        common::asio::io_context loop;
        common::Probe probe{loop.get_executor(), options};
        ProbeResult result;
        common::asio::co_spawn(loop, probe.run(std::move(terms)),
                               [&](std::exception_ptr thrown, ProbeResult got) {
                                   EXPECT_FALSE(thrown);
                                   result = std::move(got);
                                   loop.stop();
                               });
        loop.run();
        return result;
    }
    ProbeResult probe(const std::string& url, const std::string& ca_file = "") {
        common::ProbeTerms terms;
        terms.url = *common::parse_url(url);
        terms.tls.ca_file = ca_file;
        terms.timeout = std::chrono::minutes{1}; // loading the system's authorities takes its time
        return probe(std::move(terms));
    }
    static ScriptedServer server(const Certificates::Files& files, std::string client_ca = "") {
        return ScriptedServer{[](const test::Seen&) { return test::Answer{}; }, 0,
                              test::server_files(files, std::move(client_ca))};
    }

    test::FakeDns names;
    common::ProbeOptions options{.denied = {}, .lookup = names.lookup()};
    Certificates certificates;
};

TEST_F(ProbeTest, ConnectsAndSendsNothing) {
    ScriptedServer plain{[](const test::Seen&) { return test::Answer{}; }};
    const auto result = probe(plain.url());
    EXPECT_EQ(result.failed, Step::none) << result.error.message;
    ASSERT_TRUE(result.address);
    EXPECT_EQ(common::show_address(*result.address), "127.0.0.1");
    EXPECT_FALSE(result.certificate);
    EXPECT_EQ(plain.count(), 0U);

    auto secured = server(certificates.server());
    const auto trusted = probe(secured.url(), certificates.ca_file());
    EXPECT_EQ(trusted.failed, Step::none) << trusted.error.message;
    ASSERT_TRUE(trusted.certificate);
    EXPECT_TRUE(trusted.certificate->faults.empty());
    EXPECT_EQ(trusted.certificate->issuer, "test authority");
    const auto left = trusted.certificate->valid.until - std::chrono::system_clock::now();
    EXPECT_GT(left, std::chrono::hours{23});
    EXPECT_LE(left, std::chrono::hours{24});
    EXPECT_EQ(secured.count(), 0U);
}

TEST_F(ProbeTest, NamesEveryFaultOfACertificate) {
    const auto ca = certificates.ca_file();
    const struct {
        const char* name;
        Certificates::Files files;
        std::string ca;
        std::set<CertificateFault> faults;
    } table[] = {
        {"expired", certificates.expired_server(), ca, {CertificateFault::expired}},
        {"not yet valid", certificates.early_server(), ca, {CertificateFault::early}},
        {"for another name",
         certificates.server_for("door.test"),
         ca,
         {CertificateFault::other_name}},
        {"self-signed", certificates.self_signed(), "", {CertificateFault::untrusted}},
        {"unknown authority", certificates.server(), "", {CertificateFault::untrusted}},
        {"all at once",
         certificates.expired_server(),
         certificates.self_signed().cert_file,
         {CertificateFault::expired, CertificateFault::untrusted}},
    };
    for (const auto& row : table) {
        SCOPED_TRACE(row.name);
        auto peer = server(row.files);
        const auto result = probe(peer.url(), row.ca);
        EXPECT_EQ(result.failed, Step::tls);
        ASSERT_TRUE(result.certificate);
        EXPECT_EQ(result.certificate->faults, row.faults) << result.certificate->other;
        EXPECT_EQ(result.error.message.find("TLS: "), 0U) << result.error.message;
        EXPECT_EQ(peer.count(), 0U);
    }
    auto other = server(certificates.server_for("door.test"));
    EXPECT_EQ(probe(other.url(), ca).certificate->names, std::vector<std::string>{"door.test"});
    auto usual = server(certificates.server());
    EXPECT_EQ(probe(usual.url(), ca).certificate->names,
              (std::vector<std::string>{"localhost", "127.0.0.1", "::1"}));
}

TEST_F(ProbeTest, HearsAPeerThatWantsAClientCertificate) {
    auto peer = server(certificates.server(), certificates.ca_file());
    const auto result = probe(peer.url(), certificates.ca_file());
    EXPECT_EQ(result.failed, Step::tls);
    ASSERT_TRUE(result.certificate);
    EXPECT_TRUE(result.certificate->asks_for_one);
    EXPECT_NE(result.error.message.find("certificate required"), std::string::npos)
        << result.error.message;

    common::ProbeTerms with_one;
    with_one.url = *common::parse_url(peer.url());
    const auto files = certificates.client();
    with_one.tls = {certificates.ca_file(), files.cert_file, files.key_file};
    const auto taken = probe(std::move(with_one));
    EXPECT_EQ(taken.failed, Step::none) << taken.error.message;
    EXPECT_EQ(peer.count(), 0U);
}

TEST_F(ProbeTest, SaysWhichStepFailed) {
    EXPECT_EQ(probe("http://none.test/").failed, Step::resolve);
    ScriptedServer gone{[](const test::Seen&) { return test::Answer{}; }};
    gone.stop();
    const auto refused = probe(gone.url());
    EXPECT_EQ(refused.failed, Step::connect);
    EXPECT_FALSE(refused.timed_out);
    EXPECT_EQ(probe("https://127.0.0.1:" + std::to_string(gone.port()), "/none.pem").failed,
              Step::files);
    for (const bool full : {true, false}) {
        const SilentPeer silent{full};
        common::ProbeTerms terms;
        terms.url = *common::parse_url(silent.url("https"));
        // Without the system's authorities, whose hundred certificates are slow to read.
        terms.tls.ca_file = certificates.ca_file();
        const auto step = full ? Step::connect : Step::tls;
        ProbeResult result;
        // A busy machine may need longer to come as far as the handshake.
        for (terms.timeout = common::Millis{100};
             result.failed != step && terms.timeout < std::chrono::seconds{10};
             terms.timeout *= 2) {
            result = probe(terms);
        }
        EXPECT_EQ(result.failed, step) << result.error.message;
        EXPECT_TRUE(result.timed_out);
    }
}

TEST_F(ProbeTest, GoesNowhereThatADeliveryMayNotGo) {
    const ScriptedServer peer{[](const test::Seen&) { return test::Answer{}; }};
    options.denied = {*common::IpRange::parse("127.0.0.0/8")};
    common::ProbeTerms terms;
    terms.url = *common::parse_url(peer.url());
    EXPECT_EQ(probe(terms).failed, Step::none) << "only where it is guarded";
    terms.guarded = true;
    const auto denied = probe(terms);
    EXPECT_EQ(denied.failed, Step::forbidden);
    EXPECT_EQ(denied.error.message, "target address denied");
    options.denied.clear();
    options.veto = [](const common::AddressBytes&, std::uint16_t port) {
        return std::optional<std::string>{"own port " + std::to_string(port)};
    };
    EXPECT_EQ(probe(terms).error.message, "own port " + std::to_string(peer.port()));
}

TEST_F(ProbeTest, SaysWhyAnAddressOfANameWasLeftOut) {
    const ScriptedServer peer{[](const test::Seen&) { return test::Answer{}; }};
    const auto none = *common::parse_address("127.0.0.3");
    const auto denied = *common::parse_address("127.0.0.1");
    options.lookup = names.lookup({{"both.test", {none, denied}}});
    options.denied = {*common::IpRange::parse("127.0.0.1")};
    common::ProbeTerms terms;
    terms.url = *common::parse_url("http://both.test:" + std::to_string(peer.port()) + "/");
    terms.guarded = true;
    const auto result = probe(terms);
    EXPECT_EQ(result.failed, Step::connect);
    EXPECT_EQ(result.error.message, "connect: connection refused (127.0.0.3); another address of "
                                    "the name: target address denied");
}

} // namespace
