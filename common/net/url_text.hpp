// Pieces that URLs are read and written with: percent-encoding, and characters and their places for
// messages. Pure. Internal to url.cpp, url_host.cpp and idna.cpp.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace common::url_text {

/// A decoded text, and for each of its bytes where it stood in the source.
struct Decoded {
    std::string text;
    std::vector<std::size_t> from;
};

/// Percent-decoded; a % without two hexadecimal digits stands for itself.
Decoded decode(std::string_view text);

/// The sets of the WHATWG URL standard. What is percent-encoded already stays as it is.
std::string encode_path(std::string_view text);
std::string encode_query(std::string_view text);

/// Valid UTF-8 as code points; U+FFFD for each byte that belongs to none.
std::u32string code_points(std::string_view text);

/// `"^"`, "a space", "U+000A", with its place: `"^" at character 17` (from 1). `byte` is where it
/// begins in `whole`.
std::string character_at(std::string_view whole, std::size_t byte, std::string_view character);

} // namespace common::url_text
