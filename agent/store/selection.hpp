// Selection: which deliveries a command means. Pure.
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

/// Which deliveries a command means: all conditions hold. Nothing set: all.
struct Selection {
    std::vector<std::int64_t> ids;
    std::optional<DeliveryState> state;
    std::optional<std::string> webhook;
    /// For what is held in memory; the state is judged by who holds it.
    [[nodiscard]] bool covers(std::int64_t id, std::string_view webhook_key) const;
};

} // namespace agent
