// Writes the Prometheus text format (version 0.0.4). A value; any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace common {

class MetricsText {
  public:
    using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;
    /// Begins a family; its samples follow. `type`: "counter", "gauge".
    void family(std::string_view name, std::string_view type, std::string_view help);
    /// A sample of the family begun last. Label values are escaped.
    void sample(Labels labels, double value);
    void sample(Labels labels, std::uint64_t value);
    /// A family with one sample and no labels.
    void gauge(std::string_view name, std::string_view help, double value);
    void counter(std::string_view name, std::string_view help, std::uint64_t value);
    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    void begin_sample(Labels labels);
    std::string text_;
    std::string family_;
};

} // namespace common
