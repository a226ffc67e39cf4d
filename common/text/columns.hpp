// How much room text takes on a terminal, where a letter may take no column (a combining mark), one
// or two (CJK, most emoji), and how it is made to fit. All texts are printable() ones, without line
// breaks. Pure; independent of the user's locale.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace common {

/// Columns on a terminal. A letter that is newer than the C library counts one.
std::size_t columns(std::string_view text);

/// `text` if it fits into `width` columns, otherwise what fits of its beginning, and "…". Never
/// cuts a letter off its marks.
std::string cut_to_fit(std::string_view text, std::size_t width);
/// The same, but keeps the end as well: for ids and URLs, which often begin alike.
std::string cut_middle_to_fit(std::string_view text, std::size_t width);

/// Lines of at most `width` columns (1 or more), broken at blanks, and within a word only where it
/// is longer than a line. At least one line.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);

} // namespace common
