// Whatever Retry-After says, nobody waits longer than an hour, and of several the longest counts.
// The first line is the reply's Date, each other one a Retry-After.

#include "agent/webhooks/retry_after.hpp"
#include "test/fuzz/input.hpp"
#include "test/fuzz/target.hpp"

#include <algorithm>

namespace {

using fuzz::require;
using namespace std::chrono_literals;

void read(std::string_view bytes) {
    common::Headers date;
    if (const auto text = fuzz::take_line(bytes); !text.empty()) {
        date.push_back({"Date", std::string{text}});
    }
    for (const bool synchronised : {false, true}) {
        const common::DeviceTime now{1'700'000'000, synchronised};
        auto all = date;
        std::optional<common::Millis> longest;
        for (auto rest = bytes; !rest.empty();) {
            const common::Header header{"Retry-After", std::string{fuzz::take_line(rest)}};
            all.push_back(header);
            auto one = date;
            one.push_back(header);
            const auto wait = agent::retry_after(one, now);
            require(!wait || (*wait >= 0s && *wait <= 1h), "a wait is an hour at most");
            longest = std::max(longest, wait);
        }
        require(agent::retry_after(all, now) == longest, "the longest counts");
    }
}

const fuzz::Registered registered{{"retry_after", read}};

} // namespace
