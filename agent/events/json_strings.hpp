// Finds the strings of a JSON text without parsing it, from quote to quote: most of an event's
// bytes are in strings (images). Pure. Internal to this folder.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace agent {

/// The position of the quote that closes the string opened at `quote`; npos if there is none.
inline std::size_t string_end(std::string_view json, std::size_t quote) {
    for (auto at = json.find('"', quote + 1); at != std::string_view::npos;
         at = json.find('"', at + 1)) {
        auto before = at;
        while (json[before - 1] == '\\') { // ends at the opening quote at the latest
            --before;
        }
        if ((at - before) % 2 == 0) {
            return at;
        }
    }
    return std::string_view::npos;
}

/// The text with its strings of more than `longest` bytes cut to `longest` + 1, which shows that
/// they are cut. Strings that contain escapes, control characters or anything beyond ASCII stay as
/// they are, so that the result is valid JSON if and only if `json` is. Nothing if no string is
/// cut.
std::optional<std::string> with_cut_strings(std::string_view json, std::size_t longest);

} // namespace agent
