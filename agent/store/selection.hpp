// Selection: which deliveries a command applies to. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agent {

enum class DeliveryState { pending, dead };
std::string_view to_string(DeliveryState state);
std::optional<DeliveryState> parse_state(std::string_view text);

/// What a person does to the deliveries that a selection names.
enum class Edit { retry, drop };
/// "retried" or "dropped": the key of the count in the API's answer.
std::string_view count_key(Edit edit);

/// All conditions that are set must hold; with none set, every delivery is selected.
struct Selection {
    std::vector<std::int64_t> ids;
    std::optional<DeliveryState> state;
    std::optional<std::string> webhook;
    /// Compares id and webhook only: for deliveries in memory, whose state the caller knows.
    [[nodiscard]] bool covers(std::int64_t id, std::string_view webhook_key) const;
};

} // namespace agent
