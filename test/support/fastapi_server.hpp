// FastapiServer: test/support/fastapi_server.py, a look-alike of FindFace Lite on the framework
// that such servers are made with, as a process of its own.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>

namespace test {

class FastapiServer {
  public:
    /// Whether this machine has Debian's python3-fastapi and python3-uvicorn.
    static bool installed();

    /// Starts it and waits until it listens. `slashes`: its routes end in a slash. Throws when it
    /// ends instead.
    explicit FastapiServer(bool slashes);
    ~FastapiServer();
    FastapiServer(const FastapiServer&) = delete;
    FastapiServer& operator=(const FastapiServer&) = delete;

    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    /// Refuses all tokens given so far.
    void revoke_tokens() const;
    /// Granted so far.
    [[nodiscard]] int logins() const;

  private:
    int stdin_ = -1; ///< it ends when this is closed
    pid_t pid_ = -1;
    int port_ = 0;
};

} // namespace test
