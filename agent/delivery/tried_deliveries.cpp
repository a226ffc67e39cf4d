#include "agent/delivery/tried_deliveries.hpp"

#include <iterator>

namespace agent {

namespace {

constexpr std::size_t most = 64;

} // namespace

void TriedDeliveries::add(const Delivery& delivery) {
    accepted_at_.emplace(delivery.id, delivery.accepted_at);
    if (accepted_at_.size() > most) {
        accepted_at_.erase(std::prev(accepted_at_.end()));
    }
}

void TriedDeliveries::forget(const Selection& selection) {
    if (selection.state == DeliveryState::dead) {
        return;
    }
    if (selection.ids.empty()) {
        clear();
    }
    for (const auto id : selection.ids) {
        done(id);
    }
}

std::optional<std::int64_t> TriedDeliveries::oldest() const {
    return accepted_at_.empty() ? std::nullopt : std::optional{accepted_at_.begin()->second};
}

} // namespace agent
