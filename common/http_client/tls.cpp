#include "common/http_client/tls.hpp"

#include "common/base/file.hpp"
#include "common/http_client/http_client.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace common {

namespace {

namespace ssl = asio::ssl;
using boost::system::error_code;

/// OpenSSL would ask at the terminal; a service has none.
int no_passphrase(char*, int, int, void*) {
    return -1;
}

Result<std::string> pem_of(const std::string& path) {
    auto text = read_file(path);
    if (!text) {
        return fail(Fault::config, text.error().message);
    }
    return text;
}

Result<void> trust(ssl::context& context, const std::string& ca_file) {
    error_code failed;
    if (ca_file.empty()) {
        context.set_default_verify_paths(failed);
        return failed ? fail(Fault::config,
                             "the system's certificates cannot be read: " + tls_reason(failed))
                      : Result<void>{};
    }
    const auto pem = pem_of(ca_file);
    if (!pem) {
        return fail(pem.error());
    }
    context.add_certificate_authority(asio::buffer(*pem), failed);
    if (failed) {
        return fail(Fault::config,
                    ca_file + ": not a PEM file with certificates (" + tls_reason(failed) + ")");
    }
    // Who names an intermediate's or a server's own certificate trusts just that.
    ::X509_VERIFY_PARAM_set_flags(::SSL_CTX_get0_param(context.native_handle()),
                                  X509_V_FLAG_PARTIAL_CHAIN);
    return {};
}

Result<void> show(ssl::context& context, const TlsFiles& files) {
    if (files.client_cert_file.empty() && files.client_key_file.empty()) {
        return {};
    }
    if (files.client_cert_file.empty() || files.client_key_file.empty()) {
        return fail(Fault::config,
                    "a client certificate and its key go together: " + files.client_cert_file +
                        files.client_key_file + " stands alone");
    }
    const auto certificate = pem_of(files.client_cert_file);
    if (!certificate) {
        return fail(certificate.error());
    }
    const auto key = pem_of(files.client_key_file);
    if (!key) {
        return fail(key.error());
    }
    error_code failed;
    context.use_certificate_chain(asio::buffer(*certificate), failed);
    if (failed) {
        return fail(Fault::config, files.client_cert_file +
                                       ": not a PEM file with a certificate (" +
                                       tls_reason(failed) + ")");
    }
    context.use_private_key(asio::buffer(*key), ssl::context::pem, failed);
    const bool other_key =
        failed && ERR_GET_LIB(static_cast<unsigned long>(failed.value())) == ERR_LIB_X509;
    if (other_key || (!failed && ::SSL_CTX_check_private_key(context.native_handle()) != 1)) {
        ::ERR_clear_error();
        return fail(Fault::config, files.client_key_file +
                                       ": the key does not belong to the certificate in " +
                                       files.client_cert_file);
    }
    if (failed) {
        return fail(Fault::config, files.client_key_file +
                                       ": not a PEM file with a private key without passphrase (" +
                                       tls_reason(failed) + ")");
    }
    return {};
}

Result<std::shared_ptr<ssl::context>> make_context(const TlsFiles& files) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
    ::SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    ::SSL_CTX_set_verify(context->native_handle(), SSL_VERIFY_PEER, nullptr);
    ::SSL_CTX_set_default_passwd_cb(context->native_handle(), no_passphrase);
    if (auto trusted = trust(*context, files.ca_file); !trusted) {
        return fail("TLS", std::move(trusted.error()));
    }
    if (auto shown = show(*context, files); !shown) {
        return fail("TLS", std::move(shown.error()));
    }
    return context;
}

} // namespace

Result<std::shared_ptr<ssl::context>> TlsContexts::context_for(const TlsFiles& files) {
    if (const auto known = contexts_.find(files); known != contexts_.end()) {
        return known->second;
    }
    auto made = make_context(files);
    if (made) {
        contexts_.emplace(files, *made);
    }
    return made;
}

bool expect_host(SSL* session, const std::string& host) {
    if (parse_address(host)) {
        return ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(session), host.c_str()) == 1;
    }
    const auto name = host.ends_with('.') ? host.substr(0, host.size() - 1)
                                          : host; // a certificate never has the root's dot
    ::SSL_set_hostflags(session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set_tlsext_host_name(session, name.c_str()) == 1 &&
           ::SSL_set1_host(session, name.c_str()) == 1;
}

std::string certificate_fault(const SSL* session) {
    const long verdict = ::SSL_get_verify_result(session);
    if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH) {
        return "certificate is for another name";
    }
    return verdict == X509_V_OK ? "" : ::X509_verify_cert_error_string(verdict);
}

bool is_tls_error(error_code why) {
    return why.category() == asio::error::get_ssl_category() ||
           why.category() == ssl::error::get_stream_category();
}

std::string tls_reason(error_code why) {
    if (why == ssl::error::stream_truncated) {
        return "the peer closed the connection";
    }
    const char* reason = why.category() == asio::error::get_ssl_category()
                             ? ::ERR_reason_error_string(static_cast<unsigned long>(why.value()))
                             : nullptr;
    return reason != nullptr ? reason : why.message();
}

Result<void> check_tls_files(const TlsFiles& files) {
    const auto made = make_context(files);
    return made ? Result<void>{} : fail(made.error());
}

} // namespace common
