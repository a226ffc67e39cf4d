#include "agent/cli/screen.hpp"

#include "common/text/columns.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <sys/ioctl.h>
#include <unistd.h>

namespace agent {

namespace {

constexpr std::size_t usual_width = 80;
constexpr std::size_t least_width = 20; ///< below that there is nothing to fit into
constexpr std::size_t least_text = 12;

std::string_view environment(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string_view{} : std::string_view{value};
}

std::size_t terminal_width(int descriptor) {
    const auto text = environment("COLUMNS");
    std::size_t width = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), width);
    if (error != std::errc{} || end != text.data() + text.size() || width == 0) {
        winsize size{};
        width = ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
    }
    return width == 0 ? usual_width : std::max(width, least_width);
}

std::string_view code_of(Tone tone) {
    switch (tone) {
    case Tone::heading:
        return "1";
    case Tone::good:
        return "32";
    case Tone::warning:
        return "33";
    case Tone::bad:
        return "31";
    case Tone::faint:
        return "2";
    case Tone::plain:
        break;
    }
    return "";
}

} // namespace

Screen screen_of(int descriptor, Colour colour) {
    Screen screen;
    const bool terminal = ::isatty(descriptor) == 1;
    if (terminal) {
        screen.width = terminal_width(descriptor);
    }
    const auto type = environment("TERM");
    screen.colour = colour == Colour::always ||
                    (colour == Colour::automatic && terminal && environment("NO_COLOR").empty() &&
                     !type.empty() && type != "dumb");
    return screen;
}

std::string toned(std::string_view text, Tone tone, const Screen& screen) {
    const auto code = code_of(tone);
    if (!screen.colour || code.empty() || text.empty()) {
        return std::string{text};
    }
    return std::string{"\x1b["}.append(code).append("m").append(text).append("\x1b[0m");
}

std::string paragraph(std::string_view first, std::string_view text, const Screen& screen) {
    std::string out{first};
    if (!screen.width) {
        return out.append(text).append("\n");
    }
    auto indent = common::columns(first);
    if (indent + least_text > *screen.width || indent > *screen.width / 2) {
        indent = 2;
        out += '\n' + std::string(indent, ' ');
    }
    bool begun = false;
    for (const auto& line : common::wrapped(text, *screen.width - indent)) {
        out.append(begun ? std::string(indent, ' ') : "").append(line).append("\n");
        begun = true;
    }
    return out;
}

} // namespace agent
