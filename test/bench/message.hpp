// Plain blocking sockets, so that the load costs little beside what it measures. Any thread.
#pragma once

#include <cstdint>
#include <string>

namespace bench {

/// A socket that is connected to that port of 127.0.0.1. Throws std::runtime_error when nobody
/// listens there.
int connect_to(std::uint16_t port);

/// A connection that is closed by its destructor.
class Connection {
  public:
    /// Takes an open socket: of connect_to() or of Port::accept().
    explicit Connection(int socket);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    /// Returns false when the peer has closed.
    bool send(const std::string& text) const;
    /// The next message with a Content-Length; empty when the peer has closed.
    std::string read();

  private:
    int socket_;
    std::string buffer_;
};

/// A port of 127.0.0.1 that the system chose. It is kept from other programs from the start, but
/// refuses connections until listen().
class Port {
  public:
    Port();
    Port(const Port&) = delete;
    Port& operator=(const Port&) = delete;
    ~Port();

    [[nodiscard]] std::uint16_t number() const { return number_; }
    void listen() const;
    /// Blocks. A negative number when the port was closed.
    [[nodiscard]] int accept() const;

  private:
    int file_;
    std::uint16_t number_ = 0;
};

} // namespace bench
