// Loads PEM files into a TLS context, for the HTTP client and the HTTP server alike. Nothing ever
// prompts for a passphrase: a key that needs one is refused. Any thread.
#pragma once

#include "common/base/result.hpp"
#include "common/base/time.hpp"

#include <boost/system/error_code.hpp>
#include <string>

namespace boost::asio::ssl {
class context;
}

namespace common {

/// The certificate (followed by its chain) that this side presents, and the private key for it.
/// Errors (Fault::config) name the file that is wrong.
Result<void> load_certificate(boost::asio::ssl::context& context, const std::string& cert_file,
                              const std::string& key_file);

/// The certificates that this side trusts: those of the file, be they an authority's, an
/// intermediate's or a server's own; with an empty name those of the system. Errors as above.
Result<void> load_trusted(boost::asio::ssl::context& context, const std::string& ca_file);

/// When the first of the certificates in a PEM file ends. Errors as above.
Result<WallTime> end_of_file(const std::string& cert_file);

/// OpenSSL's own words for its error; for any other error, that error's message.
std::string openssl_reason(boost::system::error_code why);

} // namespace common
