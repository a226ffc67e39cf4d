// ConnectionBudget: the limit of attempts in flight, all lanes together (delivery.connections),
// given out in turns among the lanes that want one. Lanes whose target cannot be reached hold at
// most half of it together, so dead and hanging targets never take it all. Loop thread.
#pragma once

#include "agent/config/config.hpp"

#include <deque>
#include <memory>
#include <unordered_set>

namespace agent {

class Lane;

class ConnectionBudget {
  public:
    explicit ConnectionBudget(const Config& config) : config_{config} {}

    /// `lane` may have something to start: it does so now, or when its turn comes.
    void want(const std::shared_ptr<Lane>& lane);
    /// A lane, reachable or not, starts an attempt.
    void take(bool reachable);
    /// An attempt of it has ended; reachable as the lane is at that moment. Whoever waits may
    /// start.
    void give_back(bool reachable);
    /// A lane with `in_flight` attempts is found to be reachable, or no longer.
    void turned(bool reachable, std::size_t in_flight);
    /// Nothing is started from now on.
    void close();

  private:
    /// Lanes in the order of their turns, each once.
    class Queue {
      public:
        void push(std::shared_ptr<Lane> lane);
        std::shared_ptr<Lane> pop();
        [[nodiscard]] bool empty() const { return lanes_.empty(); }
        void clear();

      private:
        std::deque<std::shared_ptr<Lane>> lanes_;
        std::unordered_set<const Lane*> present_;
    };
    Queue& queue_of(const Lane& lane);
    Queue* next();
    void start();

    const Config& config_;
    Queue reachable_, unreachable_;
    std::size_t in_flight_ = 0;
    std::size_t unreachable_in_flight_ = 0; ///< of them
    bool unreachable_next_ = false;
    bool starting_ = false;
    bool closed_ = false;
};

} // namespace agent
