// The running agent's state as people read it: the verdict, what is wrong and how to fix it, the
// facts, and the webhooks, those that fail first. Pure.
#pragma once

#include "agent/cli/screen.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace agent {

/// `status` is the answer to GET /v1/status.
std::string status_text(const nlohmann::json& status, const Screen& screen);

/// Its first line: "fail: 3 of 80 webhooks fail; the oldest delivery waits 54 s".
std::string verdict_text(const nlohmann::json& status, const Screen& screen);

} // namespace agent
