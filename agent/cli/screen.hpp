// Screen: what a command's output goes to. Pure but for screen_of(), which asks the terminal.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace agent {

enum class Colour { automatic, always, never };

/// What a text is to a person; on a screen with colours each has one.
enum class Tone { plain, heading, good, warning, bad, faint };

struct Screen {
    std::optional<std::size_t> width; ///< in columns; nothing: not a terminal, nothing is cut
    bool colour = false;
};

/// The screen behind a descriptor. The width of a terminal is $COLUMNS, else what the terminal
/// says, else 80. Colours, unless asked for, only on a terminal that has them and without
/// $NO_COLOR.
Screen screen_of(int descriptor, Colour colour);

/// `text`, which is printable(), in the colour of its tone.
std::string toned(std::string_view text, Tone tone, const Screen& screen);

/// A paragraph: `first` and the text behind it, wrapped to the screen below its own beginning.
std::string paragraph(std::string_view first, std::string_view text, const Screen& screen);

} // namespace agent
