// ScriptedServer: an HTTP/1.1 server on loopback, in threads of its own, that answers as the test
// says and misbehaves on demand. The simulated FindFace Lite and the callback receiver are scripts
// for it. Its functions may be called from any thread.
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
        cut,     ///< head with the whole Content-Length, half of the body (of an empty one: of one
                 ///< byte), then closes
        trickle, ///< the answer byte by byte, one each 100 ms
    };
    unsigned status = 200;
    common::Headers headers;
    std::string body;
    Fault fault = Fault::none;
    std::string raw = {}; ///< set: these bytes instead of status, headers and body, then the
                          ///< connection is closed (unless hang: left open)
};

struct ServerFiles {
    std::string cert_file, key_file; ///< set: TLS
    std::string client_ca_file;      ///< set: a client certificate signed by it is wanted
    std::string unix_socket = {};    ///< set: listens there and on no port
};

class ScriptedServer {
  public:
    /// Called once a request, from the connection's own thread.
    using Script = std::function<Answer(const Seen&)>;

    /// Port 0: any free one. Listens when the constructor returns; throws when it cannot.
    explicit ScriptedServer(Script script, std::uint16_t port = 0, ServerFiles files = {});
    ~ScriptedServer();

    [[nodiscard]] std::uint16_t port() const;
    /// "http://127.0.0.1:PORT" + path; "https" with a certificate.
    [[nodiscard]] std::string url(std::string_view path = "/") const;

    void set_script(Script script);
    /// Closes the listening socket and every connection: from now on connections are refused. The
    /// port stays ours.
    void stop();
    /// Listens again, on the same port.
    void start();

    [[nodiscard]] std::vector<Seen> seen() const;
    [[nodiscard]] std::size_t count() const;
    /// Blocks until at least `n` requests were seen; false when that took longer than `limit`.
    bool wait_for(std::size_t n, std::chrono::milliseconds limit) const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace test
