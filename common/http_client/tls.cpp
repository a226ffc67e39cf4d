#include "common/http_client/tls.hpp"

#include "common/net/address.hpp"
#include "common/net/certificate_dates.hpp"
#include "common/net/tls_files.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace common {

namespace {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using boost::system::error_code;

Result<void> load_files(ssl::context& context, const TlsFiles& files) {
    if (auto loaded = load_trusted(context, files.ca_file); !loaded) {
        return loaded;
    }
    if (files.client_cert_file.empty() != files.client_key_file.empty()) {
        return fail(Fault::config, "expected a client certificate together with its key, found "
                                   "only " +
                                       files.client_cert_file + files.client_key_file);
    }
    return files.client_cert_file.empty()
               ? Result<void>{}
               : load_certificate(context, files.client_cert_file, files.client_key_file);
}

Result<std::shared_ptr<ssl::context>> make_context(const TlsFiles& files) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
    ::SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    ::SSL_CTX_set_verify(context->native_handle(), SSL_VERIFY_PEER, nullptr);
    if (auto loaded = load_files(*context, files); !loaded) {
        return fail("TLS", loaded.error());
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

Result<void> check_tls_files(const TlsFiles& files) {
    const auto made = make_context(files);
    return made ? Result<void>{} : fail(made.error());
}

bool expect_host(SSL* session, const std::string& host) {
    if (parse_address(host)) {
        return ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(session), host.c_str()) == 1;
    }
    // Certificates never have the dot of the DNS root.
    const auto name = host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
    ::SSL_set_hostflags(session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set_tlsext_host_name(session, name.c_str()) == 1 &&
           ::SSL_set1_host(session, name.c_str()) == 1;
}

std::string certificate_fault(const SSL* session) {
    const long result = ::SSL_get_verify_result(session);
    if (result == X509_V_ERR_HOSTNAME_MISMATCH || result == X509_V_ERR_IP_ADDRESS_MISMATCH) {
        return "certificate is for another name";
    }
    return result == X509_V_OK ? "" : ::X509_verify_cert_error_string(result);
}

std::optional<WallTime> chain_end(const SSL* session) {
    const auto* const chain = ::SSL_get0_verified_chain(session);
    return chain != nullptr ? std::optional{valid_time(chain).until} : std::nullopt;
}

bool has_wrong_dates(const SSL* session) {
    switch (::SSL_get_verify_result(session)) {
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_HAS_EXPIRED:
        return true;
    default:
        return false;
    }
}

bool is_tls_error(error_code why) {
    return why.category() == asio::error::get_ssl_category() ||
           why.category() == ssl::error::get_stream_category();
}

std::string tls_reason(error_code why) {
    if (why == ssl::error::stream_truncated) {
        return "the peer closed the connection";
    }
    auto reason = openssl_reason(why);
    if (why.category() != asio::error::get_ssl_category()) {
        return reason;
    }
    switch (ERR_GET_REASON(static_cast<unsigned long>(why.value()))) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        return reason + " (the peer offers no TLS 1.2 or later, which is needed: update it)";
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
        return reason + " (the peer does not speak TLS: is it http instead of https?)";
    default:
        return reason;
    }
}

} // namespace common
