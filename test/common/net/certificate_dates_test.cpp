#include "common/net/certificate_dates.hpp"

#include "common/net/tls_files.hpp"
#include "test/support/certificates.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace common {
namespace {

using X509Pointer = std::unique_ptr<X509, decltype(&::X509_free)>;

X509Pointer read(const std::string& path) {
    const std::unique_ptr<BIO, decltype(&::BIO_free)> file{::BIO_new_file(path.c_str(), "r"),
                                                           &::BIO_free};
    return {::PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr), &::X509_free};
}

TEST(CertificateDates, OfAChainAreThoseWithinWhichAllAreValid) {
    test::Certificates certificates;
    const auto good = read(certificates.server().cert_file);
    const auto expired = read(certificates.expired_server().cert_file);
    const auto now = std::chrono::system_clock::now();
    EXPECT_LT(valid_time(good.get()).from, now);
    EXPECT_GT(valid_time(good.get()).until, now);
    EXPECT_LT(valid_time(expired.get()).until, now);
    const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> chain{
        sk_X509_new_null(), [](STACK_OF(X509) * one) { sk_X509_free(one); }};
    EXPECT_EQ(valid_time(chain.get()), ValidTime{});
    sk_X509_push(chain.get(), good.get());
    EXPECT_EQ(valid_time(chain.get()), valid_time(good.get()));
    sk_X509_push(chain.get(), expired.get());
    EXPECT_EQ(valid_time(chain.get()).from, valid_time(good.get()).from);
    EXPECT_EQ(valid_time(chain.get()).until, valid_time(expired.get()).until);
    EXPECT_EQ(end_of_file(certificates.server().cert_file).value(), valid_time(good.get()).until);
}

TEST(CertificateDates, ThatCannotBeReadLimitNothing) {
    const X509Pointer blank{::X509_new(), &::X509_free};
    EXPECT_EQ(valid_time(blank.get()), ValidTime{});
    const ValidTime day{WallTime{std::chrono::days{1}}, WallTime{std::chrono::days{2}}};
    EXPECT_EQ(overlap(day, valid_time(blank.get())), day);
}

TEST(CertificateDates, MayLieFarAhead) {
    const X509Pointer certificate{::X509_new(), &::X509_free};
    for (const auto& [text, shown] : {
             std::pair{"20450101000000Z", "2045-01-01T00:00:00Z"},
             std::pair{"99991231235959Z", "2262-04-11T23:47:16Z"}, // "without an end", RFC 5280
         }) {
        ASSERT_EQ(::ASN1_TIME_set_string(::X509_getm_notAfter(certificate.get()), text), 1);
        EXPECT_EQ(rfc3339(valid_time(certificate.get()).until), shown);
    }
}

} // namespace
} // namespace common
