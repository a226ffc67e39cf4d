#include "common/base/histogram.hpp"

namespace common {

void Histogram::observe(double value) {
    ++count_;
    sum_ += value;
    at_most_.resize(bounds_.size());
    for (std::size_t i = 0; i < bounds_.size(); ++i) {
        at_most_[i] += value <= bounds_[i] ? 1 : 0;
    }
}

} // namespace common
