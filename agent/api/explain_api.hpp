// ExplainApi: POST /v1/explain. For each webhook whether an event matches and which filters say no,
// with what beside the filters decides at this moment: duplicates, cooldowns, how the target is.
// Nothing is delivered. Loop thread; works in turns, for there may be many webhooks.
#pragma once

#include "agent/api/status_sources.hpp"
#include "common/async/task.hpp"
#include "common/base/memory_budget.hpp"
#include "common/net/http.hpp"

#include <string>

namespace agent {

class ExplainApi {
  public:
    /// Both outlive it. A reply counts in `memory` while it is put together.
    ExplainApi(const StatusSources& sources, common::MemoryBudget& memory)
        : sources_{sources}, memory_{memory} {}

    /// `body` is one event. {"duplicate","webhooks":[…]}, and a "note" where the event looks like
    /// an envelope around events.
    common::Task<common::HttpReply> post(std::string body);

  private:
    [[nodiscard]] std::string entry(const Webhook& webhook, const Event& event,
                                    const UnreadValues& unread) const;

    const StatusSources& sources_;
    common::MemoryBudget& memory_;
};

} // namespace agent
