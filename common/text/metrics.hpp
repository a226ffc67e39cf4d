// Writes the Prometheus text format (version 0.0.4). A value; any thread.
#pragma once

#include "common/base/histogram.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace common {

class MetricsText {
  public:
    using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;
    /// Begins a family; its samples follow. `type`: "counter", "gauge", "histogram".
    void family(std::string_view name, std::string_view type, std::string_view help);
    /// A sample of the family begun last. Label values are escaped.
    void sample(Labels labels, double value);
    void sample(Labels labels, std::uint64_t value);
    /// The samples of a histogram: its buckets, its sum and its count.
    void sample(Labels labels, const Histogram& histogram);
    /// A family with one sample, or one histogram, and no labels.
    void gauge(std::string_view name, std::string_view help, double value);
    void counter(std::string_view name, std::string_view help, std::uint64_t value);
    void histogram(std::string_view name, std::string_view help, const Histogram& histogram);
    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    /// `le`: the bound of a bucket; empty: it is none.
    void begin_sample(std::string_view suffix, Labels labels, std::string_view le = {});
    std::string text_;
    std::string family_;
};

} // namespace common
