// LaneWebhooks: the webhooks that a lane serves, and which of them are left out for now because
// this device cannot make their attempts. Deliveries of those are not held in memory. Loop thread;
// nothing survives a restart.
#pragma once

#include "agent/delivery/own_faults.hpp"
#include "agent/webhooks/webhook.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace agent {

class LaneWebhooks {
  public:
    using ByKey = std::map<std::string, std::shared_ptr<const Webhook>>;

    struct Change {
        bool keys = false;     ///< others than before
        bool requests = false; ///< or sent in another way: the target may be reachable now
    };
    Change replace(ByKey webhooks);

    [[nodiscard]] bool empty() const { return all_.empty(); }
    [[nodiscard]] bool contains(const std::string& key) const { return all_.contains(key); }
    [[nodiscard]] const std::shared_ptr<const Webhook>& at(const std::string& key) const {
        return all_.at(key);
    }
    /// Of those not left out.
    [[nodiscard]] std::vector<std::string> keys() const;

    void leave_out(const std::string& key) { left_out_.insert(key); }
    [[nodiscard]] bool is_left_out(const std::string& key) const { return left_out_.contains(key); }
    /// Takes back those that have waited long enough, and returns whether there are any.
    bool take_back(const OwnFaults& faults, common::Instant now);
    /// When take_back() will find the next one.
    [[nodiscard]] std::optional<common::Instant> next_back(const OwnFaults& faults) const;

  private:
    ByKey all_;
    std::set<std::string> left_out_; ///< keys of all_
};

} // namespace agent
