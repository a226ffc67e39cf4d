// RealServer: one of the web servers that people put behind a webhook, as a process group of its
// own with a folder of its own. It answers every request and first writes down what it received.
// Blocking; for system tests.
#pragma once

#include "test/support/program.hpp"
#include "test/support/receiver.hpp"

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <sys/types.h>
#include <vector>

namespace test {

/// How many loopback addresses a RealServer listens on, from 127.0.0.1, all with the same port: the
/// agent keeps its idle connections by address, so that one wait tries this many of them.
inline constexpr int real_server_addresses = 8;

/// What a server's configuration is made from.
struct ServerSite {
    std::string folder;
    std::uint16_t port = 0;
    std::string records;       ///< file: a line per request, "WEBHOOK-ID ATTEMPT BODY"
    unsigned life = 0;         ///< counts the starts, from 1
    std::uint16_t backend = 0; ///< of a recording receiver, for a server that is only a proxy
};

struct ServerKind {
    const char* name;
    const char* package;            ///< Debian's
    std::vector<std::string> probe; ///< succeeds where it is installed
    int graceful;                   ///< the signal that lets requests in flight finish
    /// An idle connection is closed this long after its last answer, at the earliest and latest.
    std::chrono::milliseconds closes_from, closes_to;
    /// Writes its configuration into the site's folder; returns the command in the foreground.
    std::vector<std::string> (*prepare)(const ServerSite&);
};

/// For GoogleTest's messages.
void PrintTo(const ServerKind& kind, std::ostream* out); // NOLINT(readability-identifier-naming)
const std::vector<ServerKind>& server_kinds();

/// One request as it arrived.
struct ServerRecord {
    std::string webhook_id;
    std::string event_id;
    unsigned attempt = 0;
    unsigned life = 0; ///< of the server, from 1
};

class RealServer {
  public:
    static bool installed(const ServerKind& kind);

    /// Starts it on a free port. Throws with its log when it does not listen.
    explicit RealServer(const ServerKind& kind);
    ~RealServer(); // SIGKILL
    RealServer(const RealServer&) = delete;
    RealServer& operator=(const RealServer&) = delete;

    /// Starts it again on the same port and waits until it listens everywhere.
    void start();
    /// Lets requests in flight finish. Returns once it has ended and nothing listens.
    void stop();
    /// SIGKILL to all of its processes.
    void kill();

    /// Its URL at one of its addresses, from 0.
    [[nodiscard]] std::string url(int address) const;
    [[nodiscard]] std::vector<ServerRecord> records() const;
    /// Whether that life ended with kill().
    [[nodiscard]] bool was_killed(unsigned life) const;
    /// What it said and logged.
    [[nodiscard]] std::string log() const;

  private:
    void launch();
    bool wait_until_listening();
    void end(int signal);
    [[nodiscard]] bool accepts(int address) const;
    [[nodiscard]] std::string records_of(unsigned life) const;

    const ServerKind& kind_;
    TempFolder folder_;
    std::uint16_t port_ = 0;
    unsigned life_ = 0;
    std::vector<unsigned> killed_; ///< lives
    pid_t pid_ = -1;               ///< of the group, too
    Receiver receiver_;            ///< behind a proxy
};

} // namespace test
