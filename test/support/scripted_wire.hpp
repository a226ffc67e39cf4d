// Internal to ScriptedServer: listening sockets, the bytes of one connection (plain or TLS,
// blocking) and reading a request from it. Belongs to the connection's thread.
#pragma once

#include "test/support/scripted_server.hpp"

#include <memory>
#include <openssl/ssl.h>
#include <string>
#include <string_view>

namespace test {

struct FreeTls {
    void operator()(SSL_CTX* context) const { ::SSL_CTX_free(context); }
    void operator()(SSL* session) const { ::SSL_free(session); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeTls>;
using TlsSession = std::unique_ptr<SSL, FreeTls>;

/// Null without a certificate; throws if the files cannot be used.
TlsContext server_context(const ServerFiles& files);

/// A socket bound to the port (or path) that does not listen yet, so that connections to it are
/// refused. Throws if it cannot be bound.
int bound_socket(const ServerFiles& files, std::uint16_t& port);

class Wire {
  public:
    Wire(int fd, SSL_CTX* tls);
    bool handshake();
    /// Appends more bytes to `into`; false if there will be none.
    bool read(std::string& into);
    bool write(std::string_view data);
    /// Waits until the peer or stop() ends the connection.
    void hang() const;
    /// Makes the close that follows send RST.
    void reset();
    /// Sends TLS's close_notify, where there is TLS.
    void end_tls();

  private:
    int fd_;
    TlsSession session_;
};

/// Reads a whole request, from `buffer` and then from the wire; false if the connection ended or
/// the bytes are not a request.
bool read_request(Wire& wire, std::string& buffer, Seen& seen);

} // namespace test
