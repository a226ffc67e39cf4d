// Network: the targets and the FindFace Lite server of the simulated world, as the agent's HTTP
// client sees them. Each behaves as it is told, until it is told otherwise.
#pragma once

#include "common/http_client/http_client.hpp"
#include "test/simulation/clock.hpp"
#include "test/simulation/definitions.hpp"

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace simulation {

enum class Manner {
    fine,
    slow,     ///< answers after some seconds
    hanging,  ///< until the time-out
    refusing, ///< connection refused
    breaking, ///< resets the connection after it has read the request
    busy,     ///< 503 with Retry-After
    gone,     ///< 410
    failing,  ///< 500
    flapping, ///< fine or failing, by chance
    unnamed,  ///< its name cannot be resolved
    short_of, ///< this device lacks something: no attempt
    too_early ///< its certificate is not valid yet, while the clock is not synchronised
};
inline constexpr int manners = 12;

/// A request of the agent to a target, and how it ended.
struct Call {
    std::string webhook, event; ///< key and id
    bool attempted = true;      ///< false: own fault, nothing was sent
    bool answered = false;      ///< by HTTP
    bool delivered = false;     ///< 2xx
};

/// What the FindFace server does wrong.
enum class ServerFault { none, failing, hanging, portal, cut, unauthorised, forbidden };
inline constexpr int server_faults = 7;

class Network final : public common::HttpClient {
  public:
    Network(Random random, Clock& clock, Definitions& definitions)
        : random_{std::move(random)}, clock_{clock}, definitions_{definitions} {}

    common::Task<common::Result<common::HttpReply>> send(common::HttpRequest request) override;

    /// The loop of the agent that lives now.
    void serve(common::Executor loop) { loop_ = std::move(loop); }
    /// The agent is dead: whatever it still sends gets no answer and is no call.
    void cut_off(bool yes) { cut_off_ = yes; }
    void on_begin(std::function<void(const Call&)> listener) { begin_ = std::move(listener); }
    void on_end(std::function<void(const Call&)> listener) { end_ = std::move(listener); }

    void behave(int target, Manner manner) {
        manners_.at(static_cast<std::size_t>(target)) = manner;
    }
    /// One webhook's path at its target, whatever the rest of the target does.
    void behave_path(const std::string& webhook, Manner manner) { paths_[webhook] = manner; }
    [[nodiscard]] Manner manner(int target) const {
        return manners_.at(static_cast<std::size_t>(target));
    }
    /// An attempt to deliver this event ends the agent: `deadly` is called in its place.
    void poison(std::string event, std::function<void()> deadly) {
        poisoned_ = std::move(event);
        deadly_ = std::move(deadly);
    }
    void fail(ServerFault fault) { server_fault_ = fault; }
    /// Whether this device lacks descriptors, whoever the target is.
    void lack(bool yes) { lacks_ = yes; }
    void page_size(std::size_t items) { page_size_ = items; }
    void heal();
    [[nodiscard]] std::uint64_t calls() const { return calls_; }

  private:
    using Answer = common::Result<common::HttpReply>;
    struct Reaction {
        common::Millis after{0};
        Answer answer;
        bool attempted = true;
    };
    Reaction react(const common::HttpRequest& request);
    Reaction react_as(Manner manner, const common::HttpRequest& request);
    Reaction findface(const common::HttpRequest& request);
    Answer list(const std::string& query) const;
    [[nodiscard]] Answer one(const std::string& id) const;

    Random random_;
    Clock& clock_;
    Definitions& definitions_;
    common::Executor loop_;
    bool cut_off_ = false;
    std::function<void(const Call&)> begin_, end_;
    std::string poisoned_;
    std::function<void()> deadly_;
    std::array<Manner, targets> manners_{};
    std::map<std::string, Manner> paths_;
    bool lacks_ = false;
    ServerFault server_fault_ = ServerFault::none;
    std::size_t page_size_ = 3;
    int token_ = 1;
    std::uint64_t calls_ = 0;
};

} // namespace simulation
