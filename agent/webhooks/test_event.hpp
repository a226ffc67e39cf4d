// Test events: what a person sends to one webhook to see whether its target works, past filters and
// cooldown. Everything else knows them by their id. Pure.
#pragma once

#include "agent/webhooks/webhook.hpp"

#include <string>
#include <string_view>

namespace agent {

/// The id of a test event; the queue keeps it, so that a test is one after a restart too.
/// `uuid` makes it unique.
std::string test_event_id(std::string_view uuid);
/// Producers may not use such ids.
bool is_test_event(std::string_view event_id);

/// A test that could not be delivered for so long is given up: nobody waits for it any more, and a
/// door must not open for it.
inline constexpr common::Millis test_age{60'000};

/// An event that says that it is a test, with the first value of the webhook's filters by type,
/// camera, card and plate.
std::string sample_event(const Webhook& webhook, std::string_view uuid);

} // namespace agent
