#include "agent/events/event.hpp"

namespace agent {

std::string Id::text() const {
    return (negative ? "-" : "") + std::to_string(magnitude);
}

} // namespace agent
