// CallbackReceiver: takes callbacks on a port of this machine and says of each what a receiver has
// to know: which event, which attempt, whether the signature is right. For people who try the agent
// out; it keeps nothing.
#pragma once

#include "agent/webhooks/signature.hpp"
#include "common/async/task.hpp"
#include "common/base/memory_budget.hpp"
#include "common/http_server/server.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace agent {

struct Callback {
    std::string path;
    std::string webhook_id;
    std::string attempt; ///< the header ffl-attempt, or empty
    std::string body;
    bool test = false;                         ///< sent by `ffl-agent test`
    std::optional<SignatureVerdict> signature; ///< nothing without keys
};

class CallbackReceiver {
  public:
    struct Options {
        std::vector<std::string> keys; ///< raw bytes; empty: signatures are not judged
        unsigned status = 200;         ///< of each answer
    };
    /// `show` is called for each callback on the thread of `executor`.
    CallbackReceiver(common::Executor executor, Options options,
                     std::function<void(const Callback&)> show);

    /// On 127.0.0.1; 0 picks a free port. Returns the port.
    common::Result<std::uint16_t> listen(std::uint16_t port);

  private:
    static common::Task<common::HttpReply> answer(CallbackReceiver& self, common::Incoming request);

    Options options_;
    std::function<void(const Callback&)> show_;
    common::MemoryBudget memory_;
    common::http_server::Server server_;
};

/// One line for people: "18:03:12  callback  /door  face, camera 1, card 7  attempt 1".
std::string show_callback(const Callback& callback);
/// "face, camera 1, card 7, confidence 0.93, plate A123BC": what the event says, printable.
std::string show_event(const std::string& body);
/// The local time of day: "18:03:12".
std::string time_of_day();

} // namespace agent
