// LaneWebhook: the webhook that a lane serves, and whether it is left out for now because this
// device cannot make its attempts; its deliveries are not held in memory then. Loop thread; nothing
// survives a restart.
#pragma once

#include "agent/delivery/own_faults.hpp"
#include "agent/webhooks/webhook.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace agent {

class LaneWebhook {
  public:
    struct Change {
        bool key = false;      ///< another one than before, or none
        bool requests = false; ///< or sent in another way: the target may be reachable now
    };
    /// nullptr: the lane serves none.
    Change replace(std::shared_ptr<const Webhook> webhook);

    explicit operator bool() const { return webhook_ != nullptr; }
    [[nodiscard]] bool is(const std::string& key) const { return webhook_ && webhook_->key == key; }
    [[nodiscard]] const std::shared_ptr<const Webhook>& get() const { return webhook_; }
    /// Whose deliveries to read: its key, or nothing while it is left out.
    [[nodiscard]] std::vector<std::string> keys() const;

    void leave_out() { is_left_out_ = true; }
    [[nodiscard]] bool is_left_out() const { return is_left_out_; }
    /// Takes it back if it is left out and has waited long enough, and returns whether it did.
    bool take_back(const OwnFaults& faults, common::Instant now);
    /// When take_back() will do so.
    [[nodiscard]] std::optional<common::Instant> back_at(const OwnFaults& faults) const;

  private:
    std::shared_ptr<const Webhook> webhook_;
    bool is_left_out_ = false;
};

} // namespace agent
