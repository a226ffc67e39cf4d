#include "common/http_client/tls.hpp"

#include "common/base/file.hpp"
#include "common/net/tls_files.hpp"
#include "test/common/http_client/client_fixture.hpp"
#include "test/support/certificates.hpp"

#include <boost/asio/ssl/error.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>

using common::TlsFiles;
using test::Answer;
using test::Certificates;
using test::ClientTest;
using test::ok;
using test::ScriptedServer;
using test::Seen;

namespace {

class TlsClientTest : public ClientTest {
  protected:
    /// The reply that a client gets from `host` if it trusts `ca_file`.
    std::string ask(const ScriptedServer& server, const std::string& ca_file,
                    const std::string& host = "127.0.0.1") {
        auto request = get("https://" + host + ":" + std::to_string(server.port()) + "/");
        request.tls.ca_file = ca_file;
        return text(std::move(request));
    }
    void SetUp() override {
        const common::Addresses here{*common::parse_address("127.0.0.1")};
        make_client({.user_agent = "",
                     .denied = {},
                     .lookup = names.lookup({{"localhost", here}, {"door.test", here}})});
    }

    Certificates certificates;
};

} // namespace

TEST_F(TlsClientTest, TrustsAnAuthorityFromAFile) {
    ScriptedServer server{ok, 0, test::server_files(certificates.server())};
    EXPECT_EQ(ask(server, certificates.ca_file()), "200 fine");
    EXPECT_EQ(ask(server, certificates.ca_file()), "200 fine");
    EXPECT_EQ(server.seen().back().connection, 1U);
    EXPECT_EQ(ask(server, certificates.ca_file(), "localhost"), "200 fine");
    EXPECT_EQ(server.seen().back().connection, 2U);
}

TEST_F(TlsClientTest, KnowsWhenTheCertificatesOfPeersEnd) {
    const auto ends = [this] { return client->certificate_ends(); };
    EXPECT_TRUE(ends().empty());
    const auto files = certificates.server();
    ScriptedServer server{ok, 0, test::server_files(files)};
    EXPECT_EQ(ask(server, certificates.ca_file()), "200 fine");
    const auto peer = "127.0.0.1:" + std::to_string(server.port());
    ASSERT_EQ(ends().size(), 1U);
    // The authority was made before the server's certificate, for the same span.
    EXPECT_EQ(ends().at(peer), common::end_of_file(certificates.ca_file()).value());
    EXPECT_LE(ends().at(peer), common::end_of_file(files.cert_file).value());
    ScriptedServer expired{ok, 0, test::server_files(certificates.expired_server())};
    EXPECT_NE(ask(expired, certificates.ca_file()), "200 fine");
    EXPECT_EQ(ends().size(), 1U) << "that handshake failed, and its error says why";
    client->set_options({});
    EXPECT_TRUE(ends().empty());
}

TEST_F(TlsClientTest, SaysWhatAPeerLacks) {
    for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
        auto files = test::server_files(certificates.server());
        files.max_tls = version;
        ScriptedServer old{ok, 0, files};
        const auto said = ask(old, certificates.ca_file());
        EXPECT_TRUE(said.starts_with("TLS: ")) << said;
        EXPECT_NE(said.find("the peer offers no TLS 1.2 or later"), std::string::npos) << said;
    }
    auto files = test::server_files(certificates.server());
    files.max_tls = TLS1_2_VERSION;
    ScriptedServer good{ok, 0, files};
    EXPECT_EQ(ask(good, certificates.ca_file()), "200 fine");
    for (const int reason : {SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST}) {
        const boost::system::error_code why{static_cast<int>(ERR_PACK(ERR_LIB_SSL, 0, reason)),
                                            boost::asio::error::get_ssl_category()};
        EXPECT_NE(common::tls_reason(why).find("the peer does not speak TLS: is it http"),
                  std::string::npos);
    }
}

TEST_F(TlsClientTest, TrustsASelfSignedCertificateFromAFile) {
    const auto files = certificates.self_signed();
    ScriptedServer server{ok, 0, test::server_files(files)};
    EXPECT_EQ(ask(server, files.cert_file), "200 fine");
    EXPECT_EQ(ask(server, certificates.ca_file()), "TLS: self-signed certificate");
}

TEST_F(TlsClientTest, TrustsAServersOwnCertificateFromAFile) {
    const auto files = certificates.server();
    ScriptedServer server{ok, 0, test::server_files(files)};
    EXPECT_EQ(ask(server, files.cert_file), "200 fine");
}

TEST_F(TlsClientTest, RefusesWhatItCannotVerify) {
    struct Case {
        std::string name;
        Certificates::Files files;
        std::string ca_file, host, says;
    };
    const auto ca = certificates.ca_file();
    const std::vector<Case> cases{
        {"expired", certificates.expired_server(), ca, "localhost", "TLS: certificate has expired"},
        {"not yet valid", certificates.early_server(), ca, "localhost",
         "TLS: certificate is not yet valid"},
        {"another name", certificates.server_for("gate.test"), ca, "door.test",
         "TLS: certificate is for another name"},
        {"another address", certificates.server_for("gate.test"), ca, "127.0.0.1",
         "TLS: certificate is for another name"},
        {"system store", certificates.server(), "", "localhost",
         "TLS: unable to get local issuer certificate"},
    };
    for (const auto& one : cases) {
        SCOPED_TRACE(one.name);
        ScriptedServer server{ok, 0, test::server_files(one.files)};
        EXPECT_EQ(ask(server, one.ca_file, one.host), one.says);
        EXPECT_EQ(server.count(), 0U);
    }
}

TEST_F(TlsClientTest, PresentsAClientCertificateToAServerThatRequiresOne) {
    auto files = test::server_files(certificates.server());
    files.client_ca_file = certificates.ca_file();
    ScriptedServer server{ok, 0, files};
    EXPECT_EQ(ask(server, certificates.ca_file()), "TLS: tlsv13 alert certificate required");
    const auto mine = certificates.client();
    auto request = get(server.url());
    request.tls = {certificates.ca_file(), mine.cert_file, mine.key_file};
    EXPECT_EQ(text(request), "200 fine");
    // A request without a certificate must not reuse the connection of one that has one.
    EXPECT_EQ(ask(server, certificates.ca_file()), "TLS: tlsv13 alert certificate required");
    const auto stranger = certificates.self_signed();
    request.tls = {certificates.ca_file(), stranger.cert_file, stranger.key_file};
    EXPECT_EQ(text(request), "TLS: tlsv1 alert unknown ca");
}

TEST_F(TlsClientTest, ReadsAFileThatWasMissingOrHasChanged) {
    ScriptedServer server{ok, 0, test::server_files(certificates.server())};
    const auto file = certificates.path("later.pem");
    const auto reply = send([&] {
        auto request = get(server.url());
        request.tls.ca_file = file;
        return request;
    }());
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().fault, common::Fault::config);
    EXPECT_EQ(reply.error().message, "TLS: cannot open " + file + ": No such file or directory");
    certificates.write("later.pem", *common::read_file(certificates.ca_file()));
    EXPECT_EQ(ask(server, file), "200 fine");
    certificates.write("later.pem", *common::read_file(certificates.self_signed().cert_file));
    client->set_options({.user_agent = "", .denied = {}});
    EXPECT_EQ(ask(server, file), "TLS: unable to get local issuer certificate");
}

TEST_F(TlsClientTest, CarriesBodiesOfAnySize) {
    ScriptedServer server{[](const Seen& seen) {
                              return Answer{200, {}, seen.body};
                          },
                          0, test::server_files(certificates.server())};
    for (const std::size_t size : {0U, 1U, 8'192U, 100'000U, 3'000'000U}) {
        SCOPED_TRACE(size);
        auto request = post(server.url(), std::string(size, 'x'));
        request.tls.ca_file = certificates.ca_file();
        request.body_limit = 4U << 20U;
        EXPECT_EQ(text(std::move(request)), "200 " + std::string(size, 'x'));
    }
    EXPECT_EQ(server.seen().back().connection, 1U);
}

TEST_F(TlsClientTest, SaysWhichFileIsWrongAndHow) {
    const auto good = certificates.server();
    const auto other = certificates.client();
    const auto ca = certificates.ca_file();
    const auto junk = certificates.write("junk.pem", "no certificate in here\n");
    const auto empty = certificates.write("empty.pem", "");
    const auto whole = *common::read_file(ca);
    const auto half = certificates.write("half.pem", whole + whole.substr(0, whole.size() / 2));
    const auto locked = certificates.write(
        "locked.key",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n");
    struct Case {
        std::string name;
        TlsFiles files;
        std::vector<std::string> says;
    };
    const std::vector<Case> cases{
        {"nothing", {}, {}},
        {"all good", {ca, good.cert_file, good.key_file}, {}},
        {"no such file", {ca + "x", "", ""}, {"TLS: cannot open " + ca + "x"}},
        {"no PEM", {junk, "", ""}, {junk, "expected a PEM file with certificates"}},
        {"an empty file", {empty, "", ""}, {empty, "expected a PEM file with certificates"}},
        {"half a file", {half, "", ""}, {half, "expected a PEM file with certificates"}},
        {"a key for an authority",
         {good.key_file, "", ""},
         {good.key_file, "expected a PEM file with certificates"}},
        {"no key",
         {"", good.cert_file, ""},
         {"a client certificate together with its key", "found only " + good.cert_file}},
        {"no certificate",
         {"", "", good.key_file},
         {"a client certificate together with its key", "found only " + good.key_file}},
        {"junk for a certificate",
         {"", junk, good.key_file},
         {junk, "expected a PEM file with a certificate"}},
        {"junk for a key",
         {"", good.cert_file, junk},
         {junk, "expected a PEM file with a private key"}},
        {"a locked key", {"", good.cert_file, locked}, {locked, "without a passphrase"}},
        {"another key",
         {"", good.cert_file, other.key_file},
         {other.key_file, "does not belong to", good.cert_file}},
    };
    for (const auto& one : cases) {
        const auto result = common::check_tls_files(one.files);
        const auto message = result ? "" : result.error().message;
        SCOPED_TRACE(one.name + ": " + message);
        EXPECT_EQ(result.has_value(), one.says.empty());
        for (const auto& part : one.says) {
            EXPECT_NE(message.find(part), std::string::npos) << part;
        }
        EXPECT_TRUE(result || result.error().fault == common::Fault::config);
    }
}
