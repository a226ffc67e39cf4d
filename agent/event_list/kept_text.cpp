#include "agent/event_list/kept_text.hpp"

#include "agent/events/shortened_event.hpp"

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
    const auto own = std::make_shared<const std::string>(text);
    text_ = {own, own->data()};
    size_ = own->size();
}

} // namespace agent
