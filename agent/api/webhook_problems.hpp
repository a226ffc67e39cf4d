// The problems of the webhooks: those not served, those whose target fails, those that wait for
// others, dead letters. A part of find_problems(). Pure.
#pragma once

#include "agent/api/problems.hpp"

#include <string>
#include <vector>

namespace agent {

/// Appends them. At most so many of each kind are named one by one.
void find_webhook_problems(const StatusFacts& facts, std::vector<Problem>& problems);

/// What the deliveries of a webhook wait for, as a sentence; empty if none waits.
std::string waits_for(const WebhookFacts& webhook);

/// Whether the webhook's last attempt failed.
bool fails(const WebhookFacts& webhook);

} // namespace agent
