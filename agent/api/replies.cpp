#include "agent/api/replies.hpp"

#include "agent/events/event_splitter.hpp"
#include "common/net/problem.hpp"

#include <algorithm>

namespace agent {

using common::HttpReply;

HttpReply fresh_json(std::string text) {
    auto reply = common::json_reply(200, std::move(text));
    reply.headers.push_back({"Cache-Control", "no-store"});
    return reply;
}

HttpReply no_such_webhook(std::string_view given, const std::vector<WebhookName>& known,
                          const common::Error& error) {
    const bool ambiguous = std::ranges::find(known, given, &WebhookName::name) != known.end();
    return common::problem(ambiguous ? 400 : 404, error.message);
}

HttpReply no_memory_for_reply(common::MemoryBudget& memory) {
    memory.note_refusal();
    return common::problem(503, "the memory for replies is in use; try again later",
                           {{"Retry-After", "1"}});
}

tl::expected<OneEvent, HttpReply> read_one_event(std::string_view body) {
    const auto events = split_events(body, BodyFormat::json);
    if (!events) {
        return tl::unexpected{common::problem(400, events.error().message)};
    }
    if (events->size() != 1) {
        return tl::unexpected{
            common::problem(400, "expected one event, found " + std::to_string(events->size()))};
    }
    auto event = read_event(events->front());
    if (!event) {
        return tl::unexpected{common::problem(400, "event 0: " + event.error().message)};
    }
    return OneEvent{std::move(*event), events->front()};
}

} // namespace agent
