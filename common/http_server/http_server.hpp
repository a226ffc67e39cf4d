// HttpServer: HTTP/1.1 on TCP (with or without TLS) and on a Unix socket. Loop thread. It keeps the
// rules of the wire (limits, time-outs, keep-alive, 100-continue, malformed heads answered with
// problem+json) and asks two functions of its owner for everything else.
#pragma once

#include "common/async/task.hpp"
#include "common/base/result.hpp"
#include "common/net/http.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace common {

/// A request as it arrived.
struct Incoming {
    std::string method; ///< HEAD comes as GET; its answer goes without the body
    std::string path;   ///< percent-decoded, without the query
    std::string query;  ///< as it came, without '?'
    Headers headers;
    std::string body;
    bool local = false; ///< came through the Unix socket
};

struct ServerOptions {
    std::size_t max_body = 4 * 1024 * 1024;
    std::size_t max_connections = 256; ///< for each listener; one more is answered 503 and closed
    Millis request_timeout{30'000};    ///< from the first byte of a request to its last: then 408
    Millis idle_timeout{120'000};      ///< between requests: then closed without a word
    std::string server_name;           ///< Server header
};

/// RFC 9457. `title` is the status's own phrase.
HttpReply problem(unsigned status, std::string detail, Headers extra = {});
/// Any status, application/json.
HttpReply json_reply(unsigned status, std::string body);

class HttpServer {
  public:
    /// Called when the head is there (body empty): a reply refuses the request before its body is
    /// read. Optional.
    using Gate = std::function<std::optional<HttpReply>(const Incoming&)>;
    using Handler = std::function<Task<HttpReply>(Incoming)>;

    HttpServer(Executor executor, ServerOptions options, Gate gate, Handler handler);
    ~HttpServer();

    /// `address` is "host:port" with a numeric host ("127.0.0.1:0", "[::]:8093"). Gives the port
    /// that was bound. Empty files: no TLS.
    Result<std::uint16_t> listen(const std::string& address, const std::string& cert_file,
                                 const std::string& key_file);
    /// Takes the place of a socket file that nobody listens on; one that somebody listens on is an
    /// error. The file goes with stop().
    Result<void> listen_unix(const std::string& path, unsigned mode);

    /// Takes change for requests that come from now on (SIGHUP). TLS files are read again; bad ones
    /// are logged and the old ones stay.
    void set_options(ServerOptions options);

    /// No new connections and no new requests; those under way get up to `grace` to be answered.
    /// Then everything is closed.
    Task<> stop(Millis grace);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace common
