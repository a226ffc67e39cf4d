#include "common/net/tls_files.hpp"

#include "common/base/file.hpp"
#include "common/net/certificate_dates.hpp"

#include <algorithm>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <memory>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <optional>

namespace common {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// By default OpenSSL prompts at the terminal; a service has none.
int no_passphrase(char*, int, int, void*) {
    return -1;
}

/// Whether a file that is being written ends within the line that begins a block, which OpenSSL
/// takes for a remark behind the last one.
bool ends_within_a_beginning(std::string_view text) {
    constexpr std::string_view begin = "-----BEGIN ";
    const auto last = text.substr(text.rfind('\n') + 1); // npos + 1 is 0
    return !last.empty() &&
           (begin.starts_with(last) || (last.starts_with(begin) && !last.ends_with("-----")));
}

Result<std::string> read_pem(const std::string& path) {
    auto text = read_file(path);
    if (!text) {
        return fail(Fault::config, std::move(text.error().message));
    }
    if (ends_within_a_beginning(*text)) {
        return fail(Fault::config, path + ": expected a whole PEM file, found one that ends within "
                                          "the line that begins a block (half written?)");
    }
    return text;
}

tl::unexpected<Error> bad_file(const std::string& path, const std::string& expected,
                               error_code why) {
    return fail(Fault::config,
                path + ": expected a PEM file with " + expected + " (" + openssl_reason(why) + ")");
}

} // namespace

Result<void> load_certificate(asio::ssl::context& context, const std::string& cert_file,
                              const std::string& key_file) {
    const auto certificate = read_pem(cert_file);
    if (!certificate) {
        return fail(certificate.error());
    }
    const auto key = read_pem(key_file);
    if (!key) {
        return fail(key.error());
    }
    ::SSL_CTX_set_default_passwd_cb(context.native_handle(), no_passphrase);
    // The key first: OpenSSL then drops a key that does not match the certificate without an error,
    // and the check at the end is the one place that finds a mismatch of any kind.
    error_code failed;
    context.use_private_key(asio::buffer(*key), asio::ssl::context::pem, failed);
    if (failed) {
        return bad_file(key_file, "a private key without a passphrase", failed);
    }
    context.use_certificate_chain(asio::buffer(*certificate), failed);
    if (failed) {
        return bad_file(cert_file, "a certificate", failed);
    }
    if (::SSL_CTX_check_private_key(context.native_handle()) != 1) {
        ::ERR_clear_error();
        return fail(Fault::config,
                    key_file + ": the key does not belong to the certificate in " + cert_file);
    }
    return {};
}

Result<void> load_trusted(asio::ssl::context& context, const std::string& ca_file) {
    error_code failed;
    if (ca_file.empty()) {
        context.set_default_verify_paths(failed);
        return failed ? fail(Fault::config,
                             "cannot read the system's certificates: " + openssl_reason(failed))
                      : Result<void>{};
    }
    const auto pem = read_pem(ca_file);
    if (!pem) {
        return fail(pem.error());
    }
    context.add_certificate_authority(asio::buffer(*pem), failed);
    if (failed) {
        return bad_file(ca_file, "certificates", failed);
    }
    // An intermediate's or a server's own certificate is trusted without its issuer.
    ::X509_VERIFY_PARAM_set_flags(::SSL_CTX_get0_param(context.native_handle()),
                                  X509_V_FLAG_PARTIAL_CHAIN);
    return {};
}

Result<WallTime> end_of_file(const std::string& cert_file) {
    const auto pem = read_pem(cert_file);
    if (!pem) {
        return fail(pem.error());
    }
    const std::unique_ptr<BIO, decltype(&::BIO_free)> source{
        ::BIO_new_mem_buf(pem->data(), static_cast<int>(pem->size())), &::BIO_free};
    std::optional<ValidTime> all;
    for (;;) {
        const std::unique_ptr<X509, decltype(&::X509_free)> one{
            ::PEM_read_bio_X509(source.get(), nullptr, no_passphrase, nullptr), &::X509_free};
        if (!one) {
            break;
        }
        all = overlap(all.value_or(ValidTime{}), valid_time(one.get()));
    }
    ::ERR_clear_error(); // of the end
    return all ? Result<WallTime>{all->until}
               : fail(Fault::config, cert_file + ": expected a PEM file with a certificate");
}

std::string openssl_reason(error_code why) {
    const char* reason = why.category() == asio::error::get_ssl_category()
                             ? ::ERR_reason_error_string(static_cast<unsigned long>(why.value()))
                             : nullptr;
    return reason != nullptr ? reason : why.message();
}

} // namespace common
