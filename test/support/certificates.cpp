#include "test/support/certificates.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdexcept>

namespace test {

namespace {

struct Free {
    void operator()(EVP_PKEY* key) const { ::EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { ::X509_free(certificate); }
    void operator()(X509_EXTENSION* extension) const { ::X509_EXTENSION_free(extension); }
    void operator()(BIO* bio) const { ::BIO_free(bio); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;

constexpr const char* loopback_names = "DNS:localhost,IP:127.0.0.1,IP:::1";
constexpr long day = 24 * 60 * 60;

struct Issuer {
    X509* certificate;
    EVP_PKEY* key;
};

void check(bool good) {
    if (!good) {
        throw std::runtime_error{"OpenSSL makes no certificate"};
    }
}

void extend(X509* certificate, const Issuer& issuer, int what, const char* value) {
    X509V3_CTX context;
    ::X509V3_set_ctx(&context, issuer.certificate, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, Free> extension{
        ::X509V3_EXT_conf_nid(nullptr, &context, what, value)};
    check(extension && ::X509_add_ext(certificate, extension.get(), -1) == 1);
}

/// `from` and `to`: seconds from now. Without an issuer it signs itself.
Certificate make(EVP_PKEY* key, const char* subject, const char* names, bool authority, long from,
                 long to, const Issuer* issuer) {
    static long serial = 0;
    Certificate certificate{::X509_new()};
    const Issuer signer = issuer != nullptr ? *issuer : Issuer{certificate.get(), key};
    ::X509_set_version(certificate.get(), 2);
    ::ASN1_INTEGER_set(::X509_get_serialNumber(certificate.get()), ++serial);
    ::X509_gmtime_adj(::X509_getm_notBefore(certificate.get()), from);
    ::X509_gmtime_adj(::X509_getm_notAfter(certificate.get()), to);
    auto* name = ::X509_get_subject_name(certificate.get());
    check(::X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                       reinterpret_cast<const unsigned char*>(subject), -1, -1,
                                       0) == 1);
    ::X509_set_issuer_name(certificate.get(), ::X509_get_subject_name(signer.certificate));
    ::X509_set_pubkey(certificate.get(), key);
    extend(certificate.get(), signer, NID_basic_constraints,
           authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    extend(certificate.get(), signer, NID_subject_key_identifier, "hash");
    if (names != nullptr) {
        extend(certificate.get(), signer, NID_subject_alt_name, names);
    }
    check(::X509_sign(certificate.get(), signer.key, ::EVP_sha256()) > 0);
    return certificate;
}

} // namespace

struct Certificates::State {
    std::string folder;
    Key key{EVP_EC_gen("P-256")};
    Certificate certificate{make(key.get(), "test authority", nullptr, true, -day, day, nullptr)};
    int made = 0;

    [[nodiscard]] std::string path(std::string_view name) const {
        return folder + "/" + std::string{name};
    }

    void store(const std::string& file, X509* one) const {
        const std::unique_ptr<BIO, Free> bio{::BIO_new_file(file.c_str(), "w")};
        check(bio && ::PEM_write_bio_X509(bio.get(), one) == 1);
    }

    Files store_pair(X509* one, EVP_PKEY* its_key) {
        const auto name = path("certificate-" + std::to_string(++made));
        store(name + ".pem", one);
        const std::unique_ptr<BIO, Free> bio{::BIO_new_file((name + ".key").c_str(), "w")};
        check(bio && ::PEM_write_bio_PrivateKey(bio.get(), its_key, nullptr, nullptr, 0, nullptr,
                                                nullptr) == 1);
        return {name + ".pem", name + ".key"};
    }

    Files sign(const char* subject, const char* names, long from, long to) {
        const Key own{EVP_EC_gen("P-256")};
        const Issuer authority{certificate.get(), key.get()};
        const auto one = make(own.get(), subject, names, false, from, to, &authority);
        return store_pair(one.get(), own.get());
    }
};

Certificates::Certificates() : state_{std::make_unique<State>()} {
    state_->folder = (std::filesystem::temp_directory_path() / "ffl-certificates-XXXXXX").string();
    check(::mkdtemp(state_->folder.data()) != nullptr);
    state_->store(ca_file(), state_->certificate.get());
}

Certificates::~Certificates() {
    std::error_code ignored;
    std::filesystem::remove_all(state_->folder, ignored);
}

std::string Certificates::ca_file() const {
    return state_->path("authority.pem");
}

Certificates::Files Certificates::server() {
    return state_->sign("localhost", loopback_names, -day, day);
}

Certificates::Files Certificates::expired_server() {
    return state_->sign("localhost", loopback_names, -2 * day, -day);
}

Certificates::Files Certificates::early_server() {
    return state_->sign("localhost", loopback_names, day, 2 * day);
}

Certificates::Files Certificates::server_for(std::string_view name) {
    const auto names = "DNS:" + std::string{name};
    return state_->sign("somebody", names.c_str(), -day, day);
}

Certificates::Files Certificates::self_signed() {
    const Key own{EVP_EC_gen("P-256")};
    const auto one = make(own.get(), "localhost", loopback_names, false, -day, day, nullptr);
    return state_->store_pair(one.get(), own.get());
}

Certificates::Files Certificates::client() {
    return state_->sign("device", nullptr, -day, day);
}

std::string Certificates::path(std::string_view name) const {
    return state_->path(name);
}

std::string Certificates::write(std::string_view name, std::string_view text) {
    auto file = path(name);
    std::ofstream{file, std::ios::binary} << text;
    return file;
}

ServerFiles server_files(const Certificates::Files& files, std::string client_ca_file) {
    return {.cert_file = files.cert_file,
            .key_file = files.key_file,
            .client_ca_file = std::move(client_ca_file)};
}

} // namespace test
