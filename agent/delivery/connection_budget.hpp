// ConnectionBudget: the limit of attempts in flight, all lanes together (delivery.connections).
// Lanes that want a connection get one each in turn. Lanes whose target is unreachable hold at most
// half of the connections together, so that dead and hanging targets never take all of them. Loop
// thread.
#pragma once

#include "agent/config/config.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <unordered_set>

namespace agent {

/// What the budget needs to know about a lane.
class ConnectionUser {
  public:
    virtual ~ConnectionUser() = default;
    /// Whether an attempt could start now, given a connection.
    [[nodiscard]] virtual bool wants() const = 0;
    [[nodiscard]] virtual bool reachable() const = 0;
    /// Starts an attempt, which must not end before this returns; false when there was nothing to
    /// start after all.
    virtual bool start_one() = 0;
};

class ConnectionBudget {
  public:
    explicit ConnectionBudget(const Config& config) : config_{config} {}

    /// `user` may have something to start: it does so now, or when its turn comes.
    void want(const std::shared_ptr<ConnectionUser>& user);
    /// An attempt has ended. `reachable` is what its user is at this moment. The next may start.
    void release(bool reachable);
    /// A user with `in_flight` attempts has become reachable or unreachable.
    void reachability_changed(bool reachable, std::size_t in_flight);
    /// Nothing is started from now on.
    void close();

  private:
    /// Users in the order of their turns, each once.
    class Turns {
      public:
        void push(std::shared_ptr<ConnectionUser> user);
        std::shared_ptr<ConnectionUser> pop();
        [[nodiscard]] bool empty() const { return users_.empty(); }
        void clear();

      private:
        std::deque<std::shared_ptr<ConnectionUser>> users_;
        std::unordered_set<const ConnectionUser*> present_;
    };
    Turns& turns_of(const ConnectionUser& user);
    Turns* next();
    void start();

    const Config& config_;
    Turns reachable_, unreachable_;
    std::size_t in_flight_ = 0;
    std::size_t unreachable_in_flight_ = 0; ///< included in in_flight_
    bool unreachable_next_ = false;
    bool closed_ = false;
};

} // namespace agent
