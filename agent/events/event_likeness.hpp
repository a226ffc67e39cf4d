// Whether a JSON object is an event at all, for people who give files to commands. The HTTP API
// takes any object: unknown fields are kept, and an event may have none that filters read. Pure.
#pragma once

#include "common/base/result.hpp"

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace agent {

/// Why the object is hardly an event: it has none of an event's fields. Nothing if it may be one.
std::optional<std::string> unlike_event(const nlohmann::json& object);

/// Whether the object is a delivery as `queue export` writes it, with its event inside.
bool is_exported(const nlohmann::json& object);

/// The event's own bytes within the text of such a delivery.
std::optional<std::string_view> exported_event(std::string_view delivery);

} // namespace agent
