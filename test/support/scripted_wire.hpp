// What ScriptedServer is made of: listening sockets, the bytes of one connection (plain or TLS,
// blocking) and the reading of a request from it. Belongs to the connection's thread.
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

/// None without a certificate; throws when the files are of no use.
TlsContext server_context(const ServerFiles& files);

/// A socket bound to the port (or path), not listening yet: connections to it are refused. Throws
/// when it cannot.
int bound_socket(const ServerFiles& files, std::uint16_t& port);

bool same_name(std::string_view a, std::string_view b);
std::string value_of(const common::Headers& headers, std::string_view name);

class Wire {
  public:
    Wire(int fd, SSL_CTX* tls);
    bool handshake();
    /// More bytes behind `into`; false when there will be none.
    bool read(std::string& into);
    bool write(std::string_view data);
    /// Until the peer or stop() ends the connection.
    void hang() const;
    /// The close that follows sends RST.
    void reset();
    /// TLS's own end of the connection, where there is TLS.
    void say_goodbye();

  private:
    int fd_;
    TlsSession session_;
};

/// A whole request, from `buffer` and then the wire; false when the connection ended or what came
/// is none.
bool read_request(Wire& wire, std::string& buffer, Seen& seen);

} // namespace test
