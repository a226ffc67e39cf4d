// Receiver: a callback receiver that records what arrives and answers as told: statuses by path,
// the first n refused, silence, resets, an outage on the same port. Any thread; nothing outlives
// it.
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

/// One attempt as it arrived. The event is read from the body: an object, or an array of one.
struct Callback {
    std::string path;
    std::string webhook_id;
    unsigned attempt = 0; ///< ffl-attempt; 0 when the header is missing or no number
    std::string event_id; ///< in decimal where it is a number; empty where there is none
    std::string type;     ///< `type`, else `object_type`; often empty
    std::string body;
    std::optional<bool> signed_well; ///< none without a secret: Standard Webhooks 1.0, over the
                                     ///< receiver's own copy of the bytes
    unsigned answered = 0;           ///< status; 0: none
    std::chrono::steady_clock::time_point at;
};

struct ReceiverOptions {
    std::uint16_t port = 0;
    ServerFiles files = {};
    std::string secret = {};    ///< "whsec_…"; empty: signatures are not looked at
    unsigned status = 200;      ///< the usual answer
    std::size_t fail_first = 0; ///< so many callbacks are answered 503 first
    bool keep = true;           ///< false: what arrived is handed to the listener and forgotten
    std::function<void(const Callback&)> listener =
        {}; ///< called for each callback once its answer is decided, one at a time
};

class Receiver {
  public:
    /// Decides the answer to a callback (of which `answered` is not known yet).
    using Script = std::function<Answer(const Callback&)>;

    explicit Receiver(ReceiverOptions options = {});

    [[nodiscard]] std::string url(std::string_view path = "/") const { return server_.url(path); }
    [[nodiscard]] std::uint16_t port() const { return server_.port(); }
    [[nodiscard]] ScriptedServer& server() { return server_; }

    /// Answers to paths without an entry, and to paths with one.
    void answer(unsigned status);
    void answer_at(const std::string& path, unsigned status);
    /// The next `count` callbacks are answered 503, whatever else was said.
    void fail_first(std::size_t count);
    /// Until told otherwise each callback at `path` ends so.
    void fault_at(const std::string& path, Answer::Fault fault);
    /// Takes the place of all of the above; null: they hold again.
    void set_script(Script script);

    void stop() { server_.stop(); }
    void start() { server_.start(); }

    [[nodiscard]] std::vector<Callback> callbacks() const;
    /// Ids of the events that were answered 2xx at `path` (empty: at any).
    [[nodiscard]] std::set<std::string> received(const std::string& path = {}) const;
    /// Blocks until `enough` of what has arrived; false when that took longer than `limit`.
    bool wait_until(const std::function<bool(const std::vector<Callback>&)>& enough,
                    std::chrono::milliseconds limit) const;
    bool wait_for(std::size_t count, std::chrono::milliseconds limit) const;

  private:
    Answer take(const Seen& seen);
    Answer decide(const Callback& callback);

    mutable std::mutex mutex_; ///< for all that follows but server_
    mutable std::condition_variable news_;
    ReceiverOptions options_;
    std::string key_;
    std::map<std::string, unsigned> statuses_;
    std::map<std::string, Answer::Fault> faults_;
    Script script_;
    std::vector<Callback> callbacks_;
    ScriptedServer server_; ///< last: its threads use everything above
};

/// The raw key in a "whsec_…" secret; throws when it is none.
std::string signing_key(const std::string& secret);

} // namespace test
