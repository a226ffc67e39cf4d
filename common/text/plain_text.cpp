#include "common/text/plain_text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace common {

namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

constexpr std::array<std::string_view, 11> blanks{" ",
                                                  "\t",
                                                  "\v",
                                                  "\f",
                                                  "\r",
                                                  "\n",
                                                  "\xc2\xa0",     // U+00A0, no-break space
                                                  "\xe2\x80\x8b", // U+200B, zero-width space
                                                  "\xe2\x80\x8e", // U+200E, left-to-right mark
                                                  "\xe2\x80\xaf", // U+202F, narrow no-break space
                                                  byte_order_mark};

constexpr std::array<std::pair<std::string_view, std::string_view>, 4> quotes{
    {{"\"", "\""},
     {"'", "'"},
     {"\xe2\x80\x9c", "\xe2\x80\x9d"},   // “ ”
     {"\xe2\x80\x9e", "\xe2\x80\x9c"}}}; // „ “

tl::unexpected<Error> wide(std::string_view encoding) {
    return fail(Fault::input, "the text is " + std::string{encoding} +
                                  ": expected UTF-8; choose that encoding when you save the file");
}

} // namespace

Result<std::string> plain_text(std::string bytes) {
    using namespace std::string_view_literals;
    const std::string_view text = bytes;
    // UTF-32 first: its mark begins like that of UTF-16.
    if (text.starts_with("\xff\xfe\0\0"sv) || text.starts_with("\0\0\xfe\xff"sv)) {
        return wide("UTF-32");
    }
    if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
        return wide("UTF-16");
    }
    if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
        const auto line = 1 + std::ranges::count(text.substr(0, nul), '\n');
        return fail(Fault::input, "a NUL byte in line " + std::to_string(line) +
                                      (nul <= 1 ? " (is it UTF-16?)" : "") +
                                      ": expected text in UTF-8");
    }
    if (text.starts_with(byte_order_mark)) {
        bytes.erase(0, byte_order_mark.size());
    }
    return bytes;
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = std::min(text.find_first_of("\r\n"), text.size());
        lines.push_back(text.substr(0, end));
        const std::size_t length = text.substr(end).starts_with("\r\n") ? 2 : 1;
        text.remove_prefix(std::min(end + length, text.size()));
    }
    return lines;
}

std::string_view without_blanks(std::string_view line) {
    const auto at_begin = [&](std::string_view blank) { return line.starts_with(blank); };
    const auto at_end = [&](std::string_view blank) { return line.ends_with(blank); };
    for (auto found = blanks.begin();
         (found = std::ranges::find_if(blanks, at_begin)) != blanks.end();) {
        line.remove_prefix(found->size());
    }
    for (auto found = blanks.begin();
         (found = std::ranges::find_if(blanks, at_end)) != blanks.end();) {
        line.remove_suffix(found->size());
    }
    return line;
}

bool is_quoted(std::string_view text) {
    return std::ranges::any_of(quotes, [&](const auto& pair) {
        return text.size() >= pair.first.size() + pair.second.size() &&
               text.starts_with(pair.first) && text.ends_with(pair.second);
    });
}

} // namespace common
