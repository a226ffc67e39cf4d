// Values of the INI file: durations, addresses and globs are read as they are written. The first
// line is a glob, the second any value.

#include "agent/config/secrets.hpp"
#include "common/base/ascii.hpp"
#include "common/net/address.hpp"
#include "common/net/host_port.hpp"
#include "common/text/values.hpp"
#include "test/fuzz/input.hpp"
#include "test/fuzz/target.hpp"

namespace {

using fuzz::require;

/// As slow as a glob is defined.
bool plainly_matches(std::string_view glob, std::string_view text) {
    if (glob.empty()) {
        return text.empty();
    }
    if (glob.front() == '*') {
        return plainly_matches(glob.substr(1), text) ||
               (!text.empty() && plainly_matches(glob, text.substr(1)));
    }
    if (text.empty()) {
        return false;
    }
    const auto length = glob.front() == '?' ? common::utf8_length(text) : 1;
    return (glob.front() == '?' || glob.front() == text.front()) &&
           plainly_matches(glob.substr(1), text.substr(length));
}

void read(std::string_view bytes) {
    const auto glob = fuzz::take_line(bytes);
    const auto text = fuzz::take_line(bytes);
    if (glob.size() <= 8 && text.size() <= 16 && agent::is_utf8(glob) && agent::is_utf8(text)) {
        require(common::glob_matches(glob, text) == plainly_matches(glob, text),
                "a glob matches what it says");
    }
    if (const auto span = common::parse_duration(text)) {
        require(common::parse_duration(common::show_duration(*span)).value() == *span,
                "durations are read as they are shown");
    }
    if (const auto address = common::parse_address(text)) {
        require(common::parse_address(common::show_address(*address)).value() == *address,
                "addresses are read as they are shown");
        const auto range = common::IpRange::parse(text);
        require(range && range->contains(*address), "an address is a range of its own");
    }
    if (const auto place = common::parse_host_port(text)) {
        require(common::parse_host_port(place->text()) == place, "places, too");
    }
}

const fuzz::Registered registered{{"values", read}};

} // namespace
