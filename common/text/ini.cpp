#include "common/text/ini.hpp"

#include "common/text/plain_text.hpp"

#include <algorithm>
#include <map>

namespace common {

namespace {

bool has_control(std::string_view text) {
    return std::ranges::any_of(text, [](char c) {
        return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
    });
}

class IniParser {
  public:
    void read_line(std::string_view raw) {
        ++line_;
        const auto text = without_blanks(raw);
        if (text.empty() || text[0] == ';' || text[0] == '#') {
            return;
        }
        if (has_control(text)) {
            out_.lines_lost = true;
            complain("invalid control character: expected plain text");
        } else if (text[0] == '[') {
            read_section(text);
        } else {
            read_setting(text);
        }
    }

    IniText result() { return std::move(out_); }

  private:
    void complain(std::string message) { out_.errors.push_back({line_, std::move(message)}); }

    void read_section(std::string_view text) {
        const auto name = text.back() == ']' ? without_blanks(text.substr(1, text.size() - 2))
                                             : std::string_view{};
        if (name.empty()) {
            complain("\"" + std::string{text} + "\" is not a section header: expected [section]");
            broken_section_ = true;
            out_.lines_lost = true;
            return;
        }
        broken_section_ = false;
        section_ = name;
        out_.sections.push_back({section_, line_});
        const auto [first, is_new] = section_lines_.emplace(section_, line_);
        if (!is_new) {
            complain("section [" + section_ + "] already begins in line " +
                     std::to_string(first->second) + ": expected its keys there");
        }
    }

    void read_setting(std::string_view text) {
        const auto equals = text.find('=');
        if (equals == std::string_view::npos) {
            out_.lines_lost = true;
            complain("\"" + std::string{text} +
                     "\" is not a setting: expected key = value (comments start with ; or #)");
            return;
        }
        const std::string key{without_blanks(text.substr(0, equals))};
        if (key.empty()) {
            complain("no key before \"=\": expected key = value");
            return;
        }
        if (broken_section_) {
            return; // the section itself has been reported
        }
        if (section_.empty()) {
            out_.lines_lost = true;
            complain("key \"" + key + "\" is outside any section: expected [section] before it");
            return;
        }
        const auto [first, is_new] = key_lines_.emplace(std::pair{section_, key}, line_);
        if (!is_new) {
            complain("[" + section_ + "] " + key + " is already set in line " +
                     std::to_string(first->second) + ": expected each key once");
            return;
        }
        out_.settings.push_back(
            {section_, key, std::string{without_blanks(text.substr(equals + 1))}, line_});
    }

    IniText out_;
    int line_ = 0;
    std::string section_;
    bool broken_section_ = false;
    std::map<std::string, int> section_lines_;
    std::map<std::pair<std::string, std::string>, int> key_lines_;
};

} // namespace

IniText parse_ini(std::string_view text) {
    IniParser parser;
    for (const auto line : lines_of(text)) {
        parser.read_line(line); // a byte order mark counts as a blank
    }
    return parser.result();
}

} // namespace common
