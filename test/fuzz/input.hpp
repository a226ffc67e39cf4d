// What the targets do with their bytes: take some off the front, and cut the rest into pieces as a
// connection would.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace fuzz {

/// Removes and returns the first line, without its end; all of it if there is no end.
std::string_view take_line(std::string_view& bytes);

/// Removes and returns the first byte; 0 if there is none.
std::uint8_t take_byte(std::string_view& bytes);

/// `text` in pieces of 1 to 64 bytes; each byte of `sizes` makes one, in turns: "!" one byte, a
/// space 64. Without any, the text is one piece. So a corpus can be read and written by people.
std::vector<std::string_view> pieces_of(std::string_view text, std::string_view sizes);

} // namespace fuzz
