// ConnectionBudget: who gets the next connection. It keeps the limit of attempts in flight of all
// targets together (delivery.connections) and that of each (delivery.connections_per_target), and
// within them the shares of connection_share. Loop thread.
//
// Of those that want one and may have it, whoever holds the fewest goes first, then the one that
// has waited longest, measured by the time that its attempts take.
#pragma once

#include "agent/config/config.hpp"
#include "agent/delivery/connection_share.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace agent {

struct Target;

/// What the budget needs to know about a lane.
class ConnectionUser {
  public:
    enum class Want { nothing, retry, first };
    virtual ~ConnectionUser() = default;
    /// What could start now, given a connection.
    [[nodiscard]] virtual Want wants() const = 0;
    [[nodiscard]] virtual Pace pace() const = 0;
    /// See HoldTimes.
    [[nodiscard]] virtual double urgency() const = 0;
    [[nodiscard]] virtual const Target& target() const = 0;
    /// Starts an attempt of that kind, which must not end before this returns; false when there was
    /// nothing to start after all.
    virtual bool start_one(Want kind) = 0;
};

class ConnectionBudget {
  public:
    explicit ConnectionBudget(const Config& config) : config_{config} {}

    /// `user` may have something to start: that is for start() to decide.
    void enqueue(const std::shared_ptr<ConnectionUser>& user);
    /// Starts what may start now. The others get their turn as connections are released.
    void start();
    /// Both.
    void want(const std::shared_ptr<ConnectionUser>& user);
    /// An attempt of the user has ended. The next may start.
    void release(const ConnectionUser& user, bool retry);
    /// Nothing is started from now on.
    void close();

  private:
    using User = std::shared_ptr<ConnectionUser>;
    struct Held {
        std::size_t attempts = 0;
        std::size_t retries = 0; ///< of them
    };
    struct Turn {
        User user;
        ConnectionUser::Want kind;
    };
    std::optional<Turn> next();
    void leave(const ConnectionUser& user);

    const Config& config_;
    std::vector<User> waiting_; ///< each once
    std::unordered_set<const ConnectionUser*> is_waiting_;
    std::unordered_map<const ConnectionUser*, Held> held_; ///< those with attempts in flight
    std::size_t in_flight_ = 0;
    bool last_first_ = false; ///< among equals
    bool closed_ = false;
};

} // namespace agent
