// Replies and bodies that several handlers of the API share. Loop thread.
#pragma once

#include "agent/events/event.hpp"
#include "agent/webhooks/webhook_name.hpp"
#include "common/base/memory_budget.hpp"
#include "common/net/http.hpp"

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace agent {

/// 200 with JSON text that is true only at this moment, so that it must not be cached.
common::HttpReply fresh_json(std::string text);

/// 404 for a key or name that find_webhook() refused, 400 where it is the name of several.
common::HttpReply no_such_webhook(std::string_view given, const std::vector<WebhookName>& known,
                                  const common::Error& error);

/// 503: there is no room to put a reply together. Counted in `memory`.
common::HttpReply no_memory_for_reply(common::MemoryBudget& memory);

struct OneEvent {
    Event event;
    std::string_view text; ///< a part of the body
};
/// The event of a body that must have exactly one. An error is the answer, 400.
tl::expected<OneEvent, common::HttpReply> read_one_event(std::string_view body);

} // namespace agent
