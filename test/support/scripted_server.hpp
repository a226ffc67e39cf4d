// ScriptedServer: an HTTP/1.1 server on loopback that answers as the test says and misbehaves on
// demand. The simulated FindFace Lite and the callback receiver are scripts for it. It runs in
// threads of its own; its functions may be called from any thread.
#pragma once

#include "common/net/http.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace test {

struct Seen {
    std::string method;
    std::string target; ///< path and query as in the request line
    common::Headers headers;
    std::string body;
    std::uint64_t connection = 0; ///< counts the connections of this server, from 1
    std::chrono::steady_clock::time_point at;
    /// The header's value, or empty.
    [[nodiscard]] std::string header(std::string_view name) const;
};

struct Answer {
    enum class Fault {
        none,
        hang,    ///< reads the request and never answers (until stop())
        reset,   ///< closes with RST instead of an answer
        close,   ///< closes without a byte
        cut,     ///< announces the whole body (one byte if it is empty), sends half and closes
        trickle, ///< the answer byte by byte, one each 100 ms
    };
    unsigned status = 200;
    common::Headers headers;
    std::string body;
    Fault fault = Fault::none;
    /// If set, sent instead of status, headers and body. Then the connection is closed, or left
    /// open with Fault::hang.
    std::string raw = {};
};

struct ServerFiles {
    std::string cert_file, key_file; ///< set: TLS
    std::string client_ca_file;      ///< set: requires a client certificate signed by it
    std::string unix_socket = {};    ///< set: listens there and not on a port
    int max_tls = 0;                 ///< set: the newest version, such as TLS1_1_VERSION
};

class ScriptedServer {
  public:
    /// Called once per request, from the connection's own thread.
    using Script = std::function<Answer(const Seen&)>;

    /// Port 0: any free one. Listens when the constructor returns; throws if it cannot.
    explicit ScriptedServer(Script script, std::uint16_t port = 0, ServerFiles files = {});
    ~ScriptedServer();

    [[nodiscard]] std::uint16_t port() const;
    /// "http://127.0.0.1:PORT" + path; "https" with a certificate.
    [[nodiscard]] std::string url(std::string_view path = "/") const;

    void set_script(Script script);
    /// Closes the listening socket and every connection. From then on connections are refused, but
    /// the port stays reserved.
    void stop();
    /// Listens again, on the same port.
    void start();

    [[nodiscard]] std::vector<Seen> seen() const;
    [[nodiscard]] std::size_t count() const;
    /// Blocks until at least `n` requests were seen; false if that takes longer than `limit`.
    bool wait_for(std::size_t n, std::chrono::milliseconds limit) const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace test
