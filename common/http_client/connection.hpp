// ClientConnection: one stream to a server (TCP, TLS over TCP, or a Unix socket) with a deadline on
// every step. Loop thread. Internal to PooledClient.
#pragma once

#include "common/async/deadline.hpp"
#include "common/async/task.hpp"
#include "common/base/result.hpp"
#include "common/net/address.hpp"

#include <boost/system/error_code.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace boost::asio::ssl {
class context;
}
struct ssl_st;

namespace common {

/// A step returns its error. When the awaiting coroutine was cancelled it throws operation_aborted
/// instead; when the deadline passed it fails and expired() is true.
class ClientConnection {
  public:
    using ErrorCode = boost::system::error_code;

    explicit ClientConnection(const Executor& executor);
    ~ClientConnection();

    Task<ErrorCode> connect(const AddressBytes& address, std::uint16_t port);
    Task<ErrorCode> connect(const std::string& unix_socket);
    /// Keeps `context`.
    Task<ErrorCode> handshake(std::shared_ptr<boost::asio::ssl::context> context,
                              const std::string& host);
    /// After a handshake: when the first certificate of the peer's chain ends.
    [[nodiscard]] std::optional<WallTime> certificate_end() const;
    /// Of a handshake that failed: "TLS: certificate has expired", or that the deadline, made of
    /// `timeout`, has passed. Fault::date when the peer's certificate is not valid at this time,
    /// otherwise fault_of().
    [[nodiscard]] Error handshake_error(ErrorCode why, Millis timeout) const;

    /// OpenSSL's session, also after a handshake that failed; null before it.
    [[nodiscard]] const ssl_st* tls_session() const;

    /// Appends what arrives to received(). Fails with eof once the peer sends no more, again and
    /// again.
    Task<ErrorCode> read_some();
    [[nodiscard]] std::string_view received() const { return received_; }
    void consume(std::size_t size) { received_.erase(0, size); }
    /// Writes both in one go. They must outlive the step.
    Task<ErrorCode> write(std::string_view head, std::string_view body);
    /// Whether the last write() sent anything before it failed.
    [[nodiscard]] bool has_written() const { return written_ > 0; }
    /// Whether the peer's system is known to have received nothing of the last write(), not even a
    /// part. False where the system does not say.
    [[nodiscard]] bool is_unacknowledged() const;

    /// Closes the connection at that time, whatever it is doing.
    void set_deadline(Instant when) { deadline_.set(when); }
    /// Stays true once a deadline has passed.
    [[nodiscard]] bool expired() const { return expired_; }

    /// Whether it is open and the peer has neither sent nor closed anything, under TLS neither
    /// said that it will, so that the next request may use it. One system call.
    [[nodiscard]] bool is_quiet();
    void close();

  private:
    struct Stream;

    std::unique_ptr<Stream> stream_;
    std::string received_;
    std::size_t written_ = 0; ///< bytes, by the last write()
    /// Bytes, when the last write() began; only under TLS, where what is sent is more than what is
    /// written.
    std::optional<std::uint64_t> acknowledged_before_;
    bool more_is_likely_ = false; ///< the last read took all that there was space for
    bool ended_ = false;          ///< the peer sends no more
    bool expired_ = false;
    Deadline deadline_;
};

/// "connection refused".
std::string reason_of(ClientConnection::ErrorCode why);
/// "connect: connection refused", "TLS: tlsv13 alert certificate required".
std::string failed_step(std::string_view step, ClientConnection::ErrorCode why);
/// "timed out after 10 s while connecting".
std::string timed_out(Millis timeout, std::string_view doing);

} // namespace common
