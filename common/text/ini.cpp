#include "common/text/ini.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <unistd.h>

namespace common {

namespace {

std::string_view trim(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool has_control(std::string_view text) {
    return std::ranges::any_of(text, [](char c) {
        return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
    });
}

class Reader {
  public:
    void read_line(std::string_view raw) {
        ++line_;
        const auto text = trim(raw);
        if (text.empty() || text[0] == ';' || text[0] == '#') {
            return;
        }
        if (has_control(text)) {
            complain("a control character; the file must be plain text");
        } else if (text[0] == '[') {
            read_section(text);
        } else {
            read_setting(text);
        }
    }

    SettingsText take() { return std::move(out_); }

  private:
    void complain(std::string message) { out_.errors.push_back({line_, std::move(message)}); }

    void read_section(std::string_view text) {
        const auto name =
            text.back() == ']' ? trim(text.substr(1, text.size() - 2)) : std::string_view{};
        if (name.empty()) {
            complain("'" + std::string{text} + "' must look like [section]");
            broken_section_ = true;
            return;
        }
        broken_section_ = false;
        section_ = name;
        out_.sections.push_back({section_, line_});
        const auto [first, is_new] = section_lines_.emplace(section_, line_);
        if (!is_new) {
            complain("[" + section_ + "] was opened in line " + std::to_string(first->second) +
                     " already; put its keys there");
        }
    }

    void read_setting(std::string_view text) {
        const auto equals = text.find('=');
        if (equals == std::string_view::npos) {
            complain("'" + std::string{text} +
                     "' must look like key = value (a comment starts with ; or #)");
            return;
        }
        const std::string key{trim(text.substr(0, equals))};
        if (key.empty()) {
            complain("no key before '='");
            return;
        }
        if (broken_section_) {
            return; // said already, at the section
        }
        if (section_.empty()) {
            complain("'" + key + "' stands before the first [section]");
            return;
        }
        const auto [first, is_new] = key_lines_.emplace(std::pair{section_, key}, line_);
        if (!is_new) {
            complain("[" + section_ + "] " + key + " was set in line " +
                     std::to_string(first->second) + " already");
            return;
        }
        out_.settings.push_back({section_, key, std::string{trim(text.substr(equals + 1))}, line_});
    }

    SettingsText out_;
    int line_ = 0;
    std::string section_;
    bool broken_section_ = false;
    std::map<std::string, int> section_lines_;
    std::map<std::pair<std::string, std::string>, int> key_lines_;
};

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};
constexpr std::array<Unit, 5> duration_units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<Unit, 4> size_units{
    {{"GiB", 1ULL << 30}, {"MiB", 1ULL << 20}, {"KiB", 1ULL << 10}, {"", 1}}};

// number * unit; nothing when it is not of this form or exceeds `most`.
std::optional<std::uint64_t> read_quantity(std::string_view text, std::span<const Unit> units,
                                           std::uint64_t most) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) {
        return std::nullopt;
    }
    const std::string_view name{end, static_cast<std::size_t>(text.data() + text.size() - end)};
    const auto unit = std::ranges::find(units, name, &Unit::name);
    if (number == 0 && name.empty()) {
        return 0;
    }
    if (unit == units.end() || number > most / unit->factor) {
        return std::nullopt;
    }
    return number * unit->factor;
}

// The number of bytes of the UTF-8 character at the front (1 for a byte that starts none).
std::size_t character_length(std::string_view text) {
    std::size_t length = 1;
    while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xc0U) == 0x80U) {
        ++length;
    }
    return length;
}

} // namespace

SettingsText read_settings(std::string_view text) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (text.starts_with(byte_order_mark)) {
        text.remove_prefix(byte_order_mark.size());
    }
    Reader reader;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        reader.read_line(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return reader.take();
}

Result<Millis> parse_duration(std::string_view text) {
    // A century: far more than anybody waits, and sums of such spans still fit.
    constexpr std::uint64_t most = 36'500ULL * 86'400'000ULL;
    const auto millis = read_quantity(text, duration_units, most);
    if (!millis) {
        return fail(Fault::input, "accepted are a whole number with its unit (ms s m h d), such as "
                                  "250ms, 10s or 7d, and 0");
    }
    return Millis{static_cast<Millis::rep>(*millis)};
}

Result<std::uint64_t> parse_size(std::string_view text) {
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    const auto bytes = read_quantity(text, size_units, most);
    if (!bytes) {
        return fail(Fault::input, "accepted are a whole number of bytes or with a unit (KiB MiB "
                                  "GiB), such as 512KiB or 1GiB");
    }
    return *bytes;
}

std::vector<std::string> parse_list(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        if (const auto part = trim(text.substr(0, comma)); !part.empty()) {
            parts.emplace_back(part);
        }
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return parts;
}

bool glob_matches(std::string_view glob, std::string_view text) {
    // On a mismatch the last star takes one character more; earlier stars need no second look.
    std::optional<std::string_view> after_star;
    std::string_view star_text;
    while (!text.empty()) {
        if (!glob.empty() && glob[0] == '*') {
            glob.remove_prefix(1);
            after_star = glob;
            star_text = text;
        } else if (!glob.empty() && glob[0] == '?') {
            glob.remove_prefix(1);
            text.remove_prefix(character_length(text));
        } else if (!glob.empty() && glob[0] == text[0]) {
            glob.remove_prefix(1);
            text.remove_prefix(1);
        } else if (after_star) {
            star_text.remove_prefix(character_length(star_text));
            glob = *after_star;
            text = star_text;
        } else {
            return false;
        }
    }
    return glob.find_first_not_of('*') == std::string_view::npos;
}

std::string show_duration(Millis span) {
    for (const auto& unit : duration_units) {
        const auto factor = static_cast<Millis::rep>(unit.factor);
        if (span.count() != 0 && span.count() % factor == 0) {
            return std::to_string(span.count() / factor) + std::string{unit.name};
        }
    }
    return "0s";
}

Result<std::string> read_file(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return fail(Fault::storage, "cannot open " + path + ": " + std::strerror(errno));
    }
    std::string text;
    std::array<char, 65536> buffer{};
    ssize_t got = 0;
    while ((got = ::read(file, buffer.data(), buffer.size())) > 0 || (got < 0 && errno == EINTR)) {
        text.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    }
    const int why = errno;
    ::close(file);
    if (got < 0) {
        return fail(Fault::storage, "cannot read " + path + ": " + std::strerror(why));
    }
    return text;
}

} // namespace common
