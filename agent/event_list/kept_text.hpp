// KeptText: the text of an event as the event list keeps it: short, and shared with the queue where
// the event is short enough by itself. Immutable; any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace agent {

class KeptText {
  public:
    KeptText() = default;
    /// Shortens a copy, or shares `event` where there is nothing to shorten.
    explicit KeptText(const std::shared_ptr<const std::string>& event);
    /// A shortened copy.
    explicit KeptText(std::string_view event);

    [[nodiscard]] std::string_view view() const { return {text_.get(), size_}; }
    [[nodiscard]] std::size_t size() const { return size_; }

  private:
    void copy(std::string_view text);

    std::shared_ptr<const char> text_;
    std::size_t size_ = 0;
};

} // namespace agent
