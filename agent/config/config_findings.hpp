// ConfigFindings: the errors and warnings of an INI file, each with its place and with the file in
// which it is mended. Pure.
#pragma once

#include "common/base/result.hpp"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace agent {

struct ConfigFault {
    int line = 0;             ///< of the INI file; 0: none
    std::string section, key; ///< empty unless it is about one setting
    std::string message;      ///< "agent.ini:12: [queue] sync = maybe: expected ..."
    std::string file;         ///< the file to mend: the INI file, or the one that the setting names
    /// config: the setting is wrong; input: the file's content is; storage: there is no such file
    /// or it cannot be read; refused: this user may not read it.
    common::Fault fault = common::Fault::config;
    bool is_rule = false; ///< the setting is valid by itself and does not fit the others

    /// Nothing of the INI file is known.
    [[nodiscard]] bool is_whole() const { return line == 0 && section.empty(); }
};

class ConfigFindings {
  public:
    explicit ConfigFindings(std::string path) : path_{std::move(path)} {}

    void complain(int line, const std::string& message);
    /// A rule of more than one key is broken. `message` continues "[section] key".
    void complain(const std::string& section, const std::string& key, const std::string& message);
    /// The setting, or the file that it names, cannot be used.
    void complain_of_file(const std::string& section, const std::string& key,
                          const std::string& message, const std::string& file, common::Fault fault);
    /// The INI file cannot be read.
    void complain_of_all(const common::Error& error);
    void warn(int line, const std::string& message);
    void warn(const std::string& section, const std::string& key, const std::string& message);

    void set_line(const std::string& section, const std::string& key, int line);
    /// The setting has no valid value, or there is one that could not be understood.
    void set_invalid(const std::string& section, const std::string& key);
    /// Lines could not be understood: what seems not to be set may stand there.
    void set_unknown_lines() { unknown_lines_ = true; }
    /// Whether the setting has a valid value or really none. Others are not judged by invalid ones:
    /// that would be a second, wrong error for one mistake.
    [[nodiscard]] bool is_valid(const std::string& section, const std::string& key) const;

    /// In the order of their lines.
    [[nodiscard]] std::vector<ConfigFault> faults() const;
    [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

  private:
    using SettingName = std::pair<std::string, std::string>; // section and key
    [[nodiscard]] int line_of(const SettingName& setting) const;
    [[nodiscard]] std::string at(int line) const;

    std::string path_;
    std::vector<ConfigFault> faults_;
    std::vector<std::string> warnings_;
    std::map<SettingName, int> lines_;
    std::set<SettingName> invalid_;
    bool unknown_lines_ = false;
};

/// What is odd about a value that is taken as it is: quotes around it, or what looks like a comment
/// behind it. Empty: nothing.
std::string odd_value(const std::string& value);

} // namespace agent
