#include "agent/event_list/kept_text.hpp"

#include "agent/events/shortened_event.hpp"

#include <algorithm>

namespace agent {

KeptText::KeptText(const std::shared_ptr<const std::string>& event) {
    if (event->size() > longest_string) {
        copy(shortened_event(*event));
    } else {
        text_ = {event, event->data()};
        size_ = event->size();
    }
}

KeptText::KeptText(std::string_view event) {
    if (event.size() > longest_string) {
        copy(shortened_event(event));
    } else {
        copy(event);
    }
}

void KeptText::copy(std::string_view text) {
    const auto own = std::make_shared<char[]>(text.size());
    std::copy(text.begin(), text.end(), own.get());
    text_ = {own, own.get()};
    size_ = text.size();
}

} // namespace agent
