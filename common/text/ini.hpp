// The INI file as a list of settings, each with its line. Pure. Own reader, not a library's: all
// errors are reported at once, each with its line.
#pragma once

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

struct IniFault {
    int line = 0;
    std::string message;
};

struct IniText {
    std::vector<Setting> settings; ///< in the file's order
    std::vector<Section> sections; ///< in the file's order, including empty ones
    std::vector<IniFault> errors;  ///< bad lines, and duplicate keys and sections
    bool lines_lost = false; ///< some may be settings: bad ones, and those below a bad section
};

/// `;` and `#` start a comment line. Keys and sections are case-sensitive.
IniText parse_ini(std::string_view text);

} // namespace common
