// TLS towards a server: what a client trusts and shows, made once for each set of files, and
// OpenSSL's reasons in words. Loop thread.
#pragma once

#include "common/base/result.hpp"
#include "common/net/http.hpp"

#include <boost/system/error_code.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>

struct ssl_st;

namespace boost::asio::ssl {
class context;
}

namespace common {

class TlsContexts {
  public:
    /// TLS 1.2 or later, the peer is verified. Errors (Fault::config) name the file and are not
    /// kept: the next call reads it again.
    Result<std::shared_ptr<boost::asio::ssl::context>> context_for(const TlsFiles& files);
    /// The files are read anew from now on.
    void forget() { contexts_.clear(); }

  private:
    std::map<TlsFiles, std::shared_ptr<boost::asio::ssl::context>> contexts_;
};

/// The certificate must be for `host`, a name or an address; a name is also sent (SNI). False:
/// OpenSSL would not take it.
bool expect_host(ssl_st* session, const std::string& host);

/// What was wrong with the peer's certificate: "certificate has expired", "certificate is for
/// another name", or OpenSSL's own words. Empty: nothing, or it was never seen.
std::string certificate_fault(const ssl_st* session);

/// Whether the error is OpenSSL's; then its own words for it.
bool is_tls_error(boost::system::error_code why);
std::string tls_reason(boost::system::error_code why);

} // namespace common
