// HttpClient: who sends a request. BeastClient: the real one, over TCP, TLS and Unix sockets. Loop
// thread. Keeps idle connections per origin and TLS files, puts a deadline on every step, resolves
// names apart from the loop (one that hangs delays no other) and reads no more of a body than asked
// for.
#pragma once

#include "common/async/task.hpp"
#include "common/base/result.hpp"
#include "common/http_client/resolver.hpp"
#include "common/net/address.hpp"
#include "common/net/http.hpp"

#include <memory>
#include <vector>

namespace common {

/// Sends one request and gives its reply whatever the status. An error means that there was no HTTP
/// answer (Fault::unreachable) and says at which step: resolve, connect, TLS, write, read.
/// Redirects are not followed. Errors never hold secrets.
class HttpClient {
  public:
    virtual ~HttpClient() = default;
    virtual Task<Result<HttpReply>> send(HttpRequest request) = 0;
};

struct ClientOptions {
    std::string user_agent;
    std::vector<IpRange> denied; ///< judged on the resolved address for requests that are `guarded`
    std::size_t idle_per_origin = 8;
    Millis idle_timeout{60'000};
    NameLookup lookup = {}; ///< empty: getaddrinfo(3)
};

class BeastClient final : public HttpClient {
  public:
    explicit BeastClient(Executor executor, ClientOptions options);
    ~BeastClient() override;
    Task<Result<HttpReply>> send(HttpRequest request) override;
    /// New options, and TLS files and names are read anew; idle connections are closed. Requests in
    /// flight are not touched.
    void set_options(ClientOptions options);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

/// Reads the files as a client would and says what is wrong with them: missing, not PEM, key does
/// not belong to the certificate.
Result<void> check_tls_files(const TlsFiles& files);

} // namespace common
