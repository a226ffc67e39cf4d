// Text that people edit, on whatever system and with whatever editor: the one judgement of what is
// read over, what is refused and what is worth a warning. Pure.
#pragma once

#include "common/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace common {

/// Takes a UTF-8 byte order mark off. Errors (Fault::input), which never quote the text: UTF-16 or
/// UTF-32, and a NUL byte (with its line).
Result<std::string> plain_text(std::string bytes);

/// The lines without their ends, whether LF, CRLF or a CR alone; the last needs none.
std::vector<std::string_view> lines_of(std::string_view text);

/// `line` without what cannot be seen at its ends: blanks, tabs, no-break spaces, and zero-width
/// spaces and marks, such as a copied text brings along.
std::string_view without_blanks(std::string_view line);

/// Whether the text is in quotes of one kind: "…", '…' or the curly ones.
bool is_quoted(std::string_view text);

} // namespace common
