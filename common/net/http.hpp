// HTTP as values: headers, a request to a server, a reply. Any thread.
//
// common/net holds what client and server share about HTTP and addresses, as pure values. It uses
// common/text and common/base.
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

/// The value of the first header with that name, ignoring case.
std::optional<std::string_view> find_header(const Headers& headers, std::string_view name);
/// Whether RFC 9110 section 5 allows the header: the name is a token, the value has no control
/// characters.
bool valid_header(std::string_view name, std::string_view value);
/// Whether the header says where a message ends and what becomes of its connection: Connection,
/// Content-Length, Transfer-Encoding. Server and client write these themselves.
bool is_framing_header(std::string_view name);

/// PEM files for a TLS connection. Empty paths: the system's CA store, no client certificate.
struct TlsFiles {
    std::string ca_file;
    std::string client_cert_file;
    std::string client_key_file;
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 mistakes the 0 that it compares with
    auto operator<=>(const TlsFiles&) const = default;
};

/// Whether a request may use a connection that was kept from an earlier one. The peer may close
/// such a connection at the moment it is used; where it can be seen that the peer has read nothing,
/// the request goes over a new one, and that is not noticed outside.
enum class KeptConnection {
    none,  ///< a new one: the request must not fail for that reason
    once,  ///< if it broke and the peer may have read the request, that is an error
    repeat ///< then the request is sent again: it may arrive twice
};

struct HttpRequest {
    std::string method = "GET";
    Url url;
    /// If set, the connection goes to this socket, and `url` provides Host and target only.
    std::string unix_socket;
    Headers headers; ///< without Host, Content-Length and Connection, which the client adds
    std::string body;
    TlsFiles tls;
    Millis timeout{10'000}; ///< from the start (resolving) to the end of the response's head
    std::size_t body_limit = std::size_t{64} * 1024; ///< more than that is never read
    /// false: up to `body_limit` is read and discarded, and a failure while doing so is not an
    /// error.
    bool body_wanted = true;
    KeptConnection kept = KeptConnection::once;
    bool guarded = false; ///< true: never connects to denied networks
};

/// A request that arrived at our server.
struct Incoming {
    std::string method; ///< HEAD becomes GET; its reply is sent without the body
    std::string path;   ///< percent-decoded, without the query
    std::string query;  ///< as it arrived, without '?'
    /// Of a target in the absolute form: "host:8080"; otherwise empty.
    std::string authority;
    Headers headers;
    std::string body;
    bool local = false; ///< arrived on the Unix socket
};

struct HttpReply {
    unsigned status = 0;
    Headers headers;
    std::string body;
};

} // namespace common
