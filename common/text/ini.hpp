// The INI file as lines with their places, and the small languages of its values (durations, sizes,
// lists, globs). Any thread. Own reader, not a library's: every error is wanted in one go, each
// with its line.
#pragma once

#include "common/base/result.hpp"
#include "common/base/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace common {

struct Setting {
    std::string section; ///< as between the brackets: "server", "webhook door*"
    std::string key;
    std::string value; ///< trimmed
    int line = 0;
};

struct Section {
    std::string name;
    int line = 0;
};

struct SettingsFault {
    int line = 0;
    std::string
        message; ///< "no section before this key", a line without '=', a duplicate key or section
};

struct SettingsText {
    std::vector<Setting> settings; ///< in the file's order
    std::vector<Section> sections; ///< in the file's order, also the empty ones
    std::vector<SettingsFault> errors;
};

/// `;` and `#` start a comment line. Keys and sections are case-sensitive.
SettingsText read_settings(std::string_view text);

/// "250ms", "10s", "5m", "2h", "7d"; "0" needs no unit. Whole numbers.
Result<Millis> parse_duration(std::string_view text);
/// "512KiB", "4MiB", "1GiB", "0"; a bare number is bytes.
Result<std::uint64_t> parse_size(std::string_view text);
/// Parts between commas, trimmed, empty ones dropped.
std::vector<std::string> parse_list(std::string_view text);
/// `*` any text, `?` any one character (UTF-8), everything else itself.
bool glob_matches(std::string_view glob, std::string_view text);

/// "90s", "7d": the largest unit that gives a whole number.
std::string show_duration(Millis span);

/// The whole file. Errors say which file and why.
Result<std::string> read_file(const std::string& path);

} // namespace common
