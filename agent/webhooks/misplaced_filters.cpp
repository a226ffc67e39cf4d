#include "agent/webhooks/misplaced_filters.hpp"

#include "agent/webhooks/filter_parser.hpp"
#include "common/base/ascii.hpp"
#include "common/text/invalid.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <utility>

namespace agent {

namespace {

using nlohmann::json;

/// Letters and digits in lower case: what is left of "Filters ", "camera-in" and "cameraIn".
std::string letters_and_digits(std::string_view key) {
    std::string letters;
    for (const auto c : key) {
        const auto lower = common::ascii_lower(c);
        if ((lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9')) {
            letters += lower;
        }
    }
    return letters;
}

/// Whether one letter was changed, added or left out, or two neighbours changed places.
bool one_slip_apart(std::string_view a, std::string_view b) {
    if (a.size() > b.size()) {
        std::swap(a, b);
    }
    const auto [there, here] = std::ranges::mismatch(a, b);
    a.remove_prefix(static_cast<std::size_t>(there - a.begin()));
    b.remove_prefix(static_cast<std::size_t>(here - b.begin()));
    if (a.size() < b.size()) {
        return b.substr(1) == a;
    }
    const bool swapped = a.size() > 1 && a[0] == b[1] && a[1] == b[0] && a.substr(2) == b.substr(2);
    return swapped || (!a.empty() && a.substr(1) == b.substr(1));
}

bool is_filter_name(const std::string& key) {
    static const auto names = [] {
        std::set<std::string> all;
        for (const auto& name : filter_names()) {
            all.insert(letters_and_digits(name));
        }
        return all;
    }();
    return names.contains(letters_and_digits(key));
}

bool is_object_of_filters(const json& value) {
    if (!value.is_object()) {
        return false;
    }
    for (const auto& [key, part] : value.items()) {
        if (!is_filter_name(key)) {
            return false;
        }
    }
    return !value.empty();
}

bool has_filters(const json& definition) {
    const auto at = definition.find("filters");
    return at != definition.end() && !at->empty();
}

/// Near enough to be a slip. A name that is farther off may be a field of its own ("folders",
/// "filtered"): that depends on what stands there.
bool means_filters(const std::string& key, const json& value, bool has_filters) {
    const auto name = letters_and_digits(key);
    return name == "filters" || one_slip_apart(name, "filters") ||
           (is_object_of_filters(value) &&
            (!has_filters || !common::nearest(name, {"filters"}).empty()));
}

std::string shown_key(const std::string& key) {
    return common::shown(json(key));
}

} // namespace

std::vector<std::string> misplaced_filters(const json& definition) {
    std::vector<std::string> faults;
    if (!definition.is_object()) {
        return faults;
    }
    const bool filtered = has_filters(definition);
    for (const auto& [key, value] : definition.items()) {
        constexpr std::string_view own[] = {"id",     "name",    "active",
                                            "target", "filters", "send_attempts"};
        if (value.is_null() || std::ranges::find(own, key) != std::end(own)) {
            continue;
        }
        if (is_filter_name(key)) {
            faults.push_back("key " + shown_key(key) +
                             " stands beside filters: expected it inside, as in \"filters\": {" +
                             shown_key(key) + ": …}");
        } else if (means_filters(key, value, filtered)) {
            faults.push_back("unknown key " + shown_key(key) +
                             R"(: did you mean "filters"? without it, these filters do not apply)");
        }
    }
    return faults;
}

std::vector<std::string> misspelt_keys(const json& definition) {
    std::vector<std::string> warnings;
    if (!definition.is_object()) {
        return warnings;
    }
    for (const std::string right : {"active", "send_attempts"}) {
        if (definition.contains(right)) {
            continue;
        }
        for (const auto& [key, value] : definition.items()) {
            const auto name = letters_and_digits(key);
            if (name == letters_and_digits(right) ||
                one_slip_apart(name, letters_and_digits(right))) {
                warnings.push_back("unknown key " + shown_key(key) +
                                   " is ignored: did you mean \"" + right + "\"?");
            }
        }
    }
    return warnings;
}

} // namespace agent
