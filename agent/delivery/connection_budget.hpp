// ConnectionBudget: who gets the next connection. It keeps the limit of attempts in flight of all
// targets together (delivery.connections) and that of each (delivery.connections_per_target), and
// within them the shares of connection_share, also of the memory for events in flight. Loop thread.
//
// Of those that want one and may have it, whoever holds the fewest goes first, then whoever is not
// slow, then the one that has waited longest, measured by the time that its attempts take.
//
// Nobody can tell a target that hangs from a good one before it has hung for a while. So the last
// connections are for webhooks that have been answered since the oldest attempt in flight began,
// and where attempts that turned out to be slow hold more than slow ones may, the oldest of them
// are given up for quicker webhooks that have nothing in flight.
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
        double urgency = 0;                            ///< see HoldTimes
        std::optional<common::Instant> oldest_start{}; ///< of its attempts in flight
        std::optional<common::Instant> last_end{};     ///< of its attempts
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
    /// From when on the oldest of its attempts may be given up; nothing if none may be.
    [[nodiscard]] virtual std::optional<common::Instant> can_give_up() const = 0;
    /// Gives that one up. It ends soon, but not before this returns.
    virtual void give_up_one() = 0;

  private:
    friend class ConnectionBudget;
    std::size_t attempts_ = 0; ///< in flight
    std::size_t retries_ = 0;  ///< of them
    std::size_t bytes_ = 0;    ///< of their events
    std::size_t given_up_ = 0; ///< of the attempts, those that have not ended yet
    bool is_waiting_ = false;
};

class ConnectionBudget {
  public:
    ConnectionBudget(const Config& config, common::Clock& clock) : config_{config}, clock_{clock} {}
    ~ConnectionBudget() { close(); }
    ConnectionBudget(const ConnectionBudget&) = delete;
    ConnectionBudget& operator=(const ConnectionBudget&) = delete;

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
    /// Of all attempts in flight.
    struct Count {
        ConnectionUse use;
        std::optional<common::Instant> oldest_start;
    };
    [[nodiscard]] std::size_t limit() const;
    [[nodiscard]] std::size_t target_limit() const;
    std::optional<Turn> next();
    Count count_use(common::Instant now);
    void leave(ConnectionUser& user);
    void reclaim();
    void look_again_soon();
    void note_quick(const ConnectionUser& user);
    [[nodiscard]] bool expects_quick_other_than(const ConnectionUser& user,
                                                common::Instant now) const;
    [[nodiscard]] std::size_t count_better_waiting(common::Instant now) const;

    const Config& config_;
    common::Clock& clock_;
    std::vector<User> waiting_;            ///< each once
    std::vector<ConnectionUser*> holding_; ///< those with attempts in flight
    std::size_t in_flight_ = 0;
    std::size_t given_up_ = 0; ///< of them
    // With a limit of one only:
    std::optional<common::Instant> last_quick_;     ///< when an attempt of a quick webhook ended
    const ConnectionUser* last_quick_by_ = nullptr; ///< which may be gone
    std::optional<common::Clock::TimerId> looks_again_;
    bool last_first_ = false; ///< among equals
    bool closed_ = false;
};

} // namespace agent
