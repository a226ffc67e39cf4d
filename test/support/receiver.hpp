// Receiver: a callback receiver that records what arrives and answers as told: statuses by path,
// failures for the first n callbacks, silence, resets, an outage on the same port. Any thread;
// nothing outlives it.
#pragma once

#include "test/support/scripted_server.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace test {

/// One attempt as it arrived. The event is read from the body: an object, or an array of one
/// object.
struct Callback {
    std::string path;
    std::string webhook_id;
    unsigned attempt = 0; ///< ffl-attempt; 0 if the header is missing or not a number
    std::string event_id; ///< in decimal if it is a number; empty if there is none
    std::string type;     ///< `type`, else `object_type`; often empty
    std::string body;
    /// Whether the signature is right (Standard Webhooks 1.0); none without a secret.
    std::optional<bool> signed_well;
    unsigned answered = 0; ///< the status; 0: no answer
    std::chrono::steady_clock::time_point at;
};

struct ReceiverOptions {
    std::uint16_t port = 0;
    ServerFiles files = {};
    std::string secret = {};    ///< "whsec_…"; empty: signatures are not checked
    unsigned status = 200;      ///< the normal answer
    std::size_t fail_first = 0; ///< so many callbacks are answered with 503 first
    bool keep = true;           ///< false: callbacks go to the listener only
    /// Called for each callback once its answer is decided, one at a time.
    std::function<void(const Callback&)> listener = {};
};

class Receiver {
  public:
    /// Decides the answer to a callback, whose `answered` is not known yet.
    using Script = std::function<Answer(const Callback&)>;

    explicit Receiver(ReceiverOptions options = {});

    [[nodiscard]] std::string url(std::string_view path = "/") const { return server_.url(path); }
    [[nodiscard]] std::uint16_t port() const { return server_.port(); }
    [[nodiscard]] ScriptedServer& server() { return server_; }

    /// The status for every path without its own.
    void answer(unsigned status);
    /// The status for one path.
    void answer_at(const std::string& path, unsigned status);
    /// The next `count` callbacks are answered with 503; takes precedence over the statuses above.
    void fail_first(std::size_t count);
    /// Every callback at `path` ends this way until the next fault_at().
    void fault_at(const std::string& path, Answer::Fault fault);
    /// Replaces all of the above; null restores them.
    void set_script(Script script);

    void stop() { server_.stop(); }
    void start() { server_.start(); }

    [[nodiscard]] std::vector<Callback> callbacks() const;
    /// Ids of the events answered with 2xx at `path` (empty: at any path).
    [[nodiscard]] std::set<std::string> received(const std::string& path = {}) const;
    /// Blocks until `enough` is true for what has arrived; returns false after `limit`.
    bool wait_until(const std::function<bool(const std::vector<Callback>&)>& enough,
                    std::chrono::milliseconds limit) const;
    bool wait_for(std::size_t count, std::chrono::milliseconds limit) const;

  private:
    Answer record(const Seen& seen);
    Answer decide(const Callback& callback);

    mutable std::mutex mutex_; ///< guards everything below except server_
    mutable std::condition_variable arrived_;
    ReceiverOptions options_;
    std::string key_;
    std::map<std::string, unsigned> statuses_;
    std::map<std::string, Answer::Fault> faults_;
    Script script_;
    std::vector<Callback> callbacks_;
    ScriptedServer server_; ///< last: its threads use everything above
};

/// The raw key in a "whsec_…" secret; throws if it is not one.
std::string signing_key(const std::string& secret);

} // namespace test
