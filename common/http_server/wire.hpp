// Wire: the bytes of one accepted connection, with or without TLS; and the TLS context of a
// listener. Loop thread.
#pragma once

#include "common/async/task.hpp"
#include "common/base/result.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <memory>
#include <string>
#include <tuple>

namespace boost::asio::ssl {
class context;
}

namespace common::http_server {

class Wire {
  public:
    using Socket = asio::generic::stream_protocol::socket; // TCP and Unix alike
    using Transfer = std::tuple<boost::system::error_code, std::size_t>;

    /// A null context: no TLS.
    static std::unique_ptr<Wire> over(Socket socket, std::shared_ptr<asio::ssl::context> tls);
    virtual ~Wire() = default;

    virtual Socket& socket() = 0;
    /// Called once, before anything else. False: no conversation with the peer is possible.
    virtual Task<bool> handshake() = 0;
    virtual Task<Transfer> read_some(asio::mutable_buffer into) = 0;
    virtual Task<Transfer> write_some(asio::const_buffer from) = 0;
    /// Whether the protocol tells the peer of the end (a TLS client takes a bare close for an
    /// attack).
    [[nodiscard]] virtual bool has_farewell() const = 0;
    /// Tells the peer that no more will be sent. What it still sends can be read.
    virtual Task<> end_writing() = 0;
};

/// PEM files, the certificate with its chain. TLS 1.2 or later. Errors (Fault::config) name the
/// file.
Result<std::shared_ptr<asio::ssl::context>> server_tls(const std::string& cert_file,
                                                       const std::string& key_file);

} // namespace common::http_server
