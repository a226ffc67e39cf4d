#include "common/text/columns.hpp"

#include "common/base/ascii.hpp"

#include <algorithm>
#include <locale.h>
#include <wchar.h>

namespace common {

namespace {

/// The first letter of UTF-8, without the marks that follow it.
std::string_view letter_of(std::string_view text) {
    return text.substr(0, utf8_length(text));
}

wchar_t code_of(std::string_view letter) {
    const auto lead = static_cast<unsigned char>(letter.front());
    auto code = letter.size() == 1 ? lead : lead & (0xFFU >> (letter.size() + 1));
    for (const char c : letter.substr(1)) {
        code = (code << 6U) | (static_cast<unsigned char>(c) & 0x3FU);
    }
    return static_cast<wchar_t>(code);
}

/// The C library's table of widths belongs to a locale. This one comes with it and has no language.
class WidthTable {
  public:
    WidthTable() : locale_{::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)} {}
    WidthTable(const WidthTable&) = delete;
    WidthTable& operator=(const WidthTable&) = delete;
    ~WidthTable() {
        if (locale_ != nullptr) {
            ::freelocale(locale_);
        }
    }

    /// Without the locale, on a system that was stripped of it, each letter counts one.
    [[nodiscard]] std::size_t width(std::string_view letter) const {
        const auto code = code_of(letter);
        if (locale_ == nullptr || code < 0x80) {
            return 1;
        }
        auto* const previous = ::uselocale(locale_);
        const int width = ::wcwidth(code);
        ::uselocale(previous);
        return width < 0 ? 1 : static_cast<std::size_t>(width);
    }

  private:
    locale_t locale_;
};

std::size_t letter_width(std::string_view letter) {
    static const WidthTable table;
    return table.width(letter);
}

/// A letter with the marks that are put onto it.
struct Cluster {
    std::string_view text;
    std::size_t width = 0;
};

Cluster first_cluster(std::string_view text) {
    auto letter = letter_of(text);
    Cluster cluster{letter, letter.empty() ? 0 : letter_width(letter)};
    while (cluster.text.size() < text.size()) {
        letter = letter_of(text.substr(cluster.text.size()));
        if (letter_width(letter) != 0) {
            break;
        }
        cluster.text = text.substr(0, cluster.text.size() + letter.size());
    }
    return cluster;
}

/// What of the beginning fits into `width` columns.
std::string_view beginning(std::string_view text, std::size_t width) {
    std::size_t size = 0;
    while (size < text.size()) {
        const auto cluster = first_cluster(text.substr(size));
        if (cluster.width > width) {
            break;
        }
        width -= cluster.width;
        size += cluster.text.size();
    }
    return text.substr(0, size);
}

/// What of the end fits into `width` columns.
std::string_view ending(std::string_view text, std::size_t width) {
    auto left = columns(text);
    while (left > width) {
        const auto cluster = first_cluster(text);
        left -= cluster.width;
        text.remove_prefix(cluster.text.size());
    }
    return text;
}

constexpr std::string_view ellipsis = "…";

} // namespace

std::size_t columns(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        const auto cluster = first_cluster(text);
        width += cluster.width;
        text.remove_prefix(cluster.text.size());
    }
    return width;
}

std::string cut_to_fit(std::string_view text, std::size_t width) {
    if (columns(text) <= width) {
        return std::string{text};
    }
    return width == 0 ? std::string{} : std::string{beginning(text, width - 1)}.append(ellipsis);
}

std::string cut_middle_to_fit(std::string_view text, std::size_t width) {
    if (columns(text) <= width) {
        return std::string{text};
    }
    if (width == 0) {
        return {};
    }
    const auto tail = (width - 1) / 2;
    return std::string{beginning(text, width - 1 - tail)}.append(ellipsis).append(
        ending(text, tail));
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
    std::vector<std::string> lines;
    while (columns(text) > width) {
        auto line = beginning(text, width);
        if (line.empty()) { // wider than the line all by itself
            line = first_cluster(text).text;
        }
        auto rest = text.substr(line.size());
        if (!rest.starts_with(' ')) {
            if (const auto blank = line.rfind(' '); blank != std::string_view::npos && blank > 0) {
                line = line.substr(0, blank);
                rest = text.substr(blank);
            }
        }
        line = line.substr(0, line.find_last_not_of(' ') + 1);
        if (!line.empty()) {
            lines.emplace_back(line);
        }
        text = rest.substr(std::min(rest.find_first_not_of(' '), rest.size()));
    }
    if (!text.empty() || lines.empty()) {
        lines.emplace_back(text);
    }
    return lines;
}

} // namespace common
