// The words of HTTP that the whole program uses: headers, a request to somebody, a reply. Values;
// any thread.
#pragma once

#include "common/base/time.hpp"
#include "common/net/url.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace common {

struct Header {
    std::string name;
    std::string value;
    bool operator==(const Header&) const = default;
};
using Headers = std::vector<Header>;

/// The first header of that name (case does not matter).
std::optional<std::string_view> find_header(const Headers& headers, std::string_view name);
/// Whether name and value may stand in a header (RFC 9110 section 5): no control characters, the
/// name a token.
bool valid_header(std::string_view name, std::string_view value);

/// PEM files for a TLS connection; empty paths: the system's store, no client certificate.
struct TlsFiles {
    std::string ca_file;
    std::string client_cert_file;
    std::string client_key_file;
    auto operator<=>(const TlsFiles&) const = default;
};

struct HttpRequest {
    std::string method = "GET";
    Url url;
    std::string unix_socket; ///< when set, the connection goes to this socket and `url` only gives
                             ///< Host and target
    Headers headers;         ///< Host, Content-Length and Connection are the client's own business
    std::string body;
    TlsFiles tls;
    Millis timeout{10'000}; ///< from the start (resolving) to the end of the response's head
    std::size_t body_limit = std::size_t{64} * 1024; ///< more than that is never read
    bool body_wanted = true; ///< false: up to `body_limit` is read and thrown away, and what
                             ///< happens to it is no error
    bool repeatable = true;  ///< false: goes over a connection of its own, for over a kept one that
                             ///< breaks it may arrive twice
    bool guarded = false;    ///< true: denied networks are never connected to
};

struct HttpReply {
    unsigned status = 0;
    Headers headers;
    std::string body;
};

} // namespace common
