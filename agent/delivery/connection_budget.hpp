// ConnectionBudget: who gets the next connection. It keeps the limit of attempts in flight of all
// targets together (delivery.connections) and that of each (delivery.connections_per_target), and
// within them the shares of connection_share, also of the memory for events in flight. Loop thread.
//
// Of those that want one and may have it, whoever holds the fewest goes first, then the one that
// has waited longest, measured by the time that its attempts take.
#pragma once

#include "agent/config/config.hpp"
#include "agent/delivery/connection_share.hpp"
#include "common/async/clock.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace agent {

struct Target;

/// What the budget needs to know about a lane, and what it keeps about it.
class ConnectionUser {
  public:
    enum class Want { nothing, retry, first };
    struct Standing {
        Pace pace = Pace::untried;
        double urgency = 0; ///< see HoldTimes
    };
    ConnectionUser() = default;
    ConnectionUser(const ConnectionUser&) = delete;
    ConnectionUser& operator=(const ConnectionUser&) = delete;
    virtual ~ConnectionUser() = default;
    /// What could start now, given a connection.
    [[nodiscard]] virtual Want wants() const = 0;
    [[nodiscard]] virtual Standing standing(common::Instant now) const = 0;
    [[nodiscard]] virtual Target& target() const = 0;
    /// The size of the event that start_one() takes next.
    [[nodiscard]] virtual std::size_t next_bytes(Want kind) const = 0;
    /// Starts an attempt of that kind, which must not end before this returns, and returns the size
    /// of its event; nothing when there was nothing to start after all.
    virtual std::optional<std::size_t> start_one(Want kind) = 0;

  private:
    friend class ConnectionBudget;
    std::size_t attempts_ = 0; ///< in flight
    std::size_t retries_ = 0;  ///< of them
    std::size_t bytes_ = 0;    ///< of their events
    bool is_waiting_ = false;
};

class ConnectionBudget {
  public:
    ConnectionBudget(const Config& config, const common::Clock& clock)
        : config_{config}, clock_{clock} {}

    /// `user` may have something to start: that is for start() to decide.
    void enqueue(const std::shared_ptr<ConnectionUser>& user);
    /// Starts what may start now. The others get their turn as connections are released.
    void start();
    /// Both.
    void want(const std::shared_ptr<ConnectionUser>& user);
    /// An attempt of the user has ended, whose event had `bytes`. The next may start.
    void release(ConnectionUser& user, bool retry, std::size_t bytes);
    /// Nothing is started from now on.
    void close();

  private:
    using User = std::shared_ptr<ConnectionUser>;
    struct Turn {
        User user;
        ConnectionUser::Want kind;
    };
    std::optional<Turn> next();
    ConnectionUse count_use(common::Instant now);
    void leave(ConnectionUser& user);

    const Config& config_;
    const common::Clock& clock_;
    std::vector<User> waiting_;            ///< each once
    std::vector<ConnectionUser*> holding_; ///< those with attempts in flight
    std::size_t in_flight_ = 0;
    bool last_first_ = false; ///< among equals
    bool closed_ = false;
};

} // namespace agent
