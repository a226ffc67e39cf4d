#include "agent/store/selection.hpp"

#include <algorithm>

namespace agent {

std::string_view to_string(DeliveryState state) {
    return state == DeliveryState::pending ? "pending" : "dead";
}

std::optional<DeliveryState> parse_state(std::string_view text) {
    if (text == "pending") {
        return DeliveryState::pending;
    }
    return text == "dead" ? std::optional{DeliveryState::dead} : std::nullopt;
}

std::string_view count_key(Edit edit) {
    return edit == Edit::drop ? "dropped" : "retried";
}

bool Selection::covers(std::int64_t id, std::string_view webhook_key) const {
    return (ids.empty() || std::find(ids.begin(), ids.end(), id) != ids.end()) &&
           (!webhook || *webhook == webhook_key);
}

} // namespace agent
