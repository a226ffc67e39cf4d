// RawClient: a blocking socket for tests that sends bytes as they are, also wrong ones, and reads
// one HTTP response at a time. TCP on loopback, with or without TLS, or a Unix socket. Every wait
// ends after the time-out. One thread at a time.
#pragma once

#include "common/net/http.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace test {

struct RawReply {
    unsigned status = 0;
    std::string head; ///< as it came, with the empty line
    common::Headers headers;
    std::string body; ///< chunks put together
    /// The header's value, or empty.
    [[nodiscard]] std::string header(std::string_view name) const;
};

class RawClient {
  public:
    static constexpr std::chrono::milliseconds patience{10'000};

    /// Each throws std::runtime_error when there is no connection.
    static RawClient tcp(std::uint16_t port, std::chrono::milliseconds timeout = patience);
    static RawClient local(const std::string& path, std::chrono::milliseconds timeout = patience);
    /// The server's certificate must be signed by one of `ca_file` and be good for 127.0.0.1.
    static RawClient tls(std::uint16_t port, const std::string& ca_file,
                         std::chrono::milliseconds timeout = patience);
    RawClient(RawClient&&) noexcept;
    RawClient& operator=(RawClient&&) noexcept;
    ~RawClient();

    /// False: the peer takes no more (closed, reset, time-out).
    bool send(std::string_view bytes);
    /// The next response, 1xx included; nothing when the peer closed before its end or the time ran
    /// out. `head_only`: the answer to HEAD.
    std::optional<RawReply> read(bool head_only = false);
    /// send() and read().
    std::optional<RawReply> ask(std::string_view bytes);
    /// Everything until the peer closes or the time runs out.
    std::string read_to_end();
    /// Waits for the peer's close; true when it came and not one byte before it.
    bool closed();
    /// No more will be sent (the peer reads end of file); answers can still be read.
    void finish();
    /// Closes with RST.
    void reset();

    /// GET without a body, kept alive.
    static std::string get(std::string_view target);
    /// POST with Content-Length, kept alive. `headers`: whole lines with CR LF.
    static std::string post(std::string_view target, std::string_view body,
                            std::string_view headers = "");

  private:
    struct State;
    explicit RawClient(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace test
