#include "agent/api/refused_producers.hpp"

#include "agent/api/routes.hpp"

#include <nlohmann/json.hpp>

namespace agent {

namespace {

/// Also what cannot be read as a request at all, and what goes to a path that does not exist.
bool is_of_producer(const common::http_server::RefusedRequest& refused) {
    if (refused.path.empty()) {
        return true;
    }
    const auto match = find_route(refused.path);
    return refused.method == "POST" && (!match || match->route->endpoint == Endpoint::events);
}

} // namespace

void note_refusal(EventList& events, Counters& counters,
                  const common::http_server::RefusedRequest& refused) {
    if (!is_of_producer(refused)) {
        return;
    }
    if (!refused.handled) {
        counters.reject(reject_reason_of(refused.reply.status), 1);
    }
    const auto problem = nlohmann::json::parse(refused.reply.body, nullptr, false);
    events.refuse(refused.reply.status, problem.is_object() ? problem.value("detail", "") : "",
                  refused.from);
}

} // namespace agent
