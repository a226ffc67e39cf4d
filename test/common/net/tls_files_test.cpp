#include "common/net/tls_files.hpp"

#include "common/base/file.hpp"
#include "test/support/certificates.hpp"

#include <boost/asio/ssl/context.hpp>
#include <gtest/gtest.h>

namespace {

namespace ssl = boost::asio::ssl;

// Of no use but for these tests: one key, in the clear and under a passphrase.
const char* const ed25519_key = "-----BEGIN PRIVATE KEY-----\n"
                                "MC4CAQAwBQYDK2VwBCIEIG8SML6wFxgxwJx5EjMgtIbv7ck5s1SxSRZ8krrCLCUq\n"
                                "-----END PRIVATE KEY-----\n";
const char* const locked_key = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
                               "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgjxbCi3YgAPwICCAAw\n"
                               "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEKk6e4hwsP5nyzAwiaqqFV4EQMMY\n"
                               "kIR0EHk8Zdm15KX4/rtJkAhI+x0Q4lcUI41bkLgKrJtH8Io2972Vpz5DwBHKNuRz\n"
                               "FCNpRvVxq9CVFbuum2k=\n"
                               "-----END ENCRYPTED PRIVATE KEY-----\n";

std::string text_of(const common::Result<void>& loaded) {
    if (loaded) {
        return "";
    }
    EXPECT_EQ(loaded.error().fault, common::Fault::config);
    return loaded.error().message;
}

std::string load_certificate(const std::string& cert_file, const std::string& key_file) {
    ssl::context context{ssl::context::tls};
    return text_of(common::load_certificate(context, cert_file, key_file));
}

std::string load_trusted(const std::string& ca_file) {
    ssl::context context{ssl::context::tls};
    return text_of(common::load_trusted(context, ca_file));
}

} // namespace

// A renewal may be half written at any byte. Between two certificates, nothing shows it.
TEST(TlsFiles, ThatAreCutWithinACertificateAreRefused) {
    test::Certificates certificates;
    const auto one = *common::read_file(certificates.ca_file());
    const auto two = one + one;
    const auto end = one.find("-----END CERTIFICATE-----") + 25; // the line's LF may be missing
    for (std::size_t size = 1; size < two.size();) {
        const bool whole = size == end || size == one.size() || size == one.size() + end;
        const auto cut = certificates.write("cut.pem", two.substr(0, size));
        EXPECT_EQ(load_trusted(cut).empty(), whole) << size << " of " << two.size();
        // Each byte around the marker lines; within the base64, some.
        const bool near = size % one.size() < 40 || size % one.size() > one.size() - 40;
        size += near ? 1 : 17;
    }
    EXPECT_EQ(load_trusted(certificates.write("cut.pem", two)), "");
}

TEST(TlsFiles, NameTheFileThatIsWrong) {
    test::Certificates certificates;
    const auto good = certificates.server();
    const auto other = certificates.client();
    const auto junk = certificates.write("junk.pem", "nothing of use\n");
    const auto empty = certificates.write("empty.pem", "");
    const auto locked = certificates.write("locked.key", locked_key);
    const auto missing = certificates.path("missing.pem");
    struct Case {
        std::string name, cert_file, key_file, says;
    };
    const std::string no_certificate = ": expected a PEM file with a certificate (";
    const std::string no_key = ": expected a PEM file with a private key without a passphrase (";
    const std::vector<Case> cases{
        {"good", good.cert_file, good.key_file, ""},
        {"no certificate", missing, good.key_file,
         "cannot open " + missing + ": No such file or directory"},
        {"no key", good.cert_file, missing,
         "cannot open " + missing + ": No such file or directory"},
        {"a folder for a certificate", "/", good.key_file, "cannot "},
        {"junk for a certificate", junk, good.key_file, junk + no_certificate},
        {"nothing in the certificate", empty, good.key_file, empty + no_certificate},
        {"a key for a certificate", good.key_file, good.key_file, good.key_file + no_certificate},
        {"junk for a key", good.cert_file, junk, junk + no_key},
        {"a certificate for a key", good.cert_file, good.cert_file, good.cert_file + no_key},
        {"a locked key", good.cert_file, locked, locked + no_key},
        {"another's key", good.cert_file, other.key_file,
         other.key_file + ": the key does not belong to the certificate in " + good.cert_file},
    };
    for (const auto& one : cases) {
        SCOPED_TRACE(one.name);
        const auto message = load_certificate(one.cert_file, one.key_file);
        EXPECT_EQ(message.empty(), one.says.empty());
        EXPECT_TRUE(message.starts_with(one.says)) << message;
    }
}

TEST(TlsFiles, ACertificateOfAnotherKindThanTheKeyDoesNotMatch) {
    test::Certificates certificates;
    const auto good = certificates.server();
    const auto ed25519 = certificates.write("ed25519.key", ed25519_key);
    EXPECT_EQ(load_certificate(good.cert_file, ed25519),
              ed25519 + ": the key does not belong to the certificate in " + good.cert_file);
}

TEST(TlsFiles, TrustCertificatesOnly) {
    test::Certificates certificates;
    const auto good = certificates.server();
    const auto junk = certificates.write("junk.pem", "nothing of use\n");
    const auto missing = certificates.path("missing.pem");
    const std::string wrong = ": expected a PEM file with certificates (";
    EXPECT_EQ(load_trusted(""), "");
    EXPECT_EQ(load_trusted(certificates.ca_file()), "");
    EXPECT_EQ(load_trusted(good.cert_file), "");
    EXPECT_EQ(load_trusted(missing), "cannot open " + missing + ": No such file or directory");
    EXPECT_TRUE(load_trusted(junk).starts_with(junk + wrong)) << load_trusted(junk);
    EXPECT_TRUE(load_trusted(good.key_file).starts_with(good.key_file + wrong))
        << load_trusted(good.key_file);
}
