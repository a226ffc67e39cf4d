// Which webhooks this device serves, which it does not and why, for `check --online`. Pure.
#pragma once

#include "agent/cli/finding.hpp"
#include "agent/webhooks/webhook.hpp"

namespace agent {

/// Local definitions are counted; their faults are told where their file is checked.
Findings judge_webhooks(const Snapshot& snapshot);

/// "5 door, 6 gate and 3 more".
std::string show_webhooks(const std::vector<std::shared_ptr<const Webhook>>& webhooks);

} // namespace agent
