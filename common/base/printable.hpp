// Text of others (names, ids, messages of a server) as it may be shown to a person: in the log, on
// a terminal, in a metric's label. The one place that knows which characters could forge a line,
// run a terminal or turn the reading direction. Pure.
#pragma once

#include <string>
#include <string_view>

namespace common {

/// Control characters (C0, DEL, C1), line and paragraph separators and the marks that turn the
/// reading direction become escapes, and so do bytes that are not UTF-8: "\n", "\x1b", "\u202e",
/// "\xff". Beyond ASCII the escapes are those of JSON, so that JSON stays JSON. A backslash is left
/// as it is.
std::string printable(std::string_view text);

/// The same for text whose line breaks are our own, such as JSON with indentation.
std::string printable_lines(std::string_view text);

/// Whether printable() would change the text.
bool needs_escapes(std::string_view text);

} // namespace common
