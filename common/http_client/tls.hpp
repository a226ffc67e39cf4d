// The client's side of TLS: one context for each set of files, the check of the peer's name, and
// OpenSSL's errors in words. Loop thread.
#pragma once

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/net/http.hpp"

#include <boost/system/error_code.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>

struct ssl_st;

namespace boost::asio::ssl {
class context;
}

namespace common {

class TlsContexts {
  public:
    /// TLS 1.2 or later; the peer's certificate is verified. Errors (Fault::config) name the file
    /// and are not kept: the next call reads the files again.
    Result<std::shared_ptr<boost::asio::ssl::context>> context_for(const TlsFiles& files);
    /// The next call for each set of files reads them again.
    void forget() { contexts_.clear(); }

  private:
    std::map<TlsFiles, std::shared_ptr<boost::asio::ssl::context>> contexts_;
};

/// Loads the files as a client would. The error says which one is wrong and how: missing, not PEM,
/// or a key that does not belong to the certificate.
Result<void> check_tls_files(const TlsFiles& files);

/// Requires a certificate for `host`, a name or an address; a name is also sent (SNI). False if
/// OpenSSL rejects the name.
bool expect_host(ssl_st* session, const std::string& host);

/// What is wrong with the peer's certificate: "certificate is for another name", or OpenSSL's own
/// words. Empty if nothing is, or if there was no certificate to verify.
std::string certificate_fault(const ssl_st* session);

/// When the first certificate of the verified chain ends; nothing without one.
std::optional<WallTime> chain_end(const ssl_st* session);

/// Whether the peer's certificate was refused for its dates alone: right or wrong, as this clock
/// is.
bool has_wrong_dates(const ssl_st* session);

/// Whether the error came from TLS, and what it says.
bool is_tls_error(boost::system::error_code why);
std::string tls_reason(boost::system::error_code why);

} // namespace common
