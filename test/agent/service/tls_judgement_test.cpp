#include "agent/service/tls_judgement.hpp"

#include "common/net/tls_files.hpp"
#include "test/support/certificates.hpp"

#include <gtest/gtest.h>

namespace {

using agent::own_certificates;

TEST(OwnCertificates, AreThoseOfTheListenerAndOfTheClient) {
    test::Certificates certificates;
    agent::Config config;
    EXPECT_TRUE(own_certificates(config).empty());
    config.ingest.tls_cert_file = certificates.server().cert_file;
    config.delivery.defaults.tls.client_cert_file = certificates.client().cert_file;
    agent::WebhookOverride gate;
    gate.section = "webhook gate*";
    gate.client_cert_file = certificates.expired_server().cert_file;
    agent::WebhookOverride same;
    same.client_cert_file = config.delivery.defaults.tls.client_cert_file;
    agent::WebhookOverride missing;
    missing.client_cert_file = certificates.path("missing.pem");
    config.overrides = {gate, same, missing};

    const auto own = own_certificates(config);
    ASSERT_EQ(own.size(), 3U)
        << "a file counts once, and one that cannot be read is no certificate";
    EXPECT_EQ(own[0].what, "[ingest] tls_cert_file");
    EXPECT_EQ(own[0].file, config.ingest.tls_cert_file);
    EXPECT_EQ(own[0].ends, common::end_of_file(config.ingest.tls_cert_file).value());
    EXPECT_EQ(own[1].what, "[delivery] client_cert_file");
    EXPECT_EQ(own[2].what, "[webhook gate*] client_cert_file");
    EXPECT_LT(own[2].ends, own[1].ends);
}

} // namespace
