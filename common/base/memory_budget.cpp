#include "common/base/memory_budget.hpp"

#include <algorithm>

namespace common {

MemoryBudget::MemoryBudget(std::size_t limit, std::size_t reserve)
    : limit_{limit}, reserve_{std::min(reserve, limit)} {}

void MemoryBudget::set_limit(std::size_t limit, std::size_t reserve) {
    limit_ = limit;
    reserve_ = std::min(reserve, limit);
}

std::size_t MemoryBudget::limit(Rank rank) const {
    return rank == Rank::trusted ? limit_ : limit_ - reserve_;
}

bool MemoryBudget::Share::resize(std::size_t bytes, Rank rank) {
    if (bytes > bytes_) {
        const auto limit = budget_.limit(rank);
        const auto more = bytes - bytes_;
        if (budget_.used_ > limit || more > limit - budget_.used_) {
            return false;
        }
    }
    budget_.used_ = budget_.used_ - bytes_ + bytes;
    bytes_ = bytes;
    return true;
}

void MemoryBudget::Share::release() {
    budget_.used_ -= bytes_;
    bytes_ = 0;
}

} // namespace common
