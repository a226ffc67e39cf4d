// What a key of the INI file takes: a setter that checks a value where it stands, and its form in
// words.
#pragma once

#include "agent/config/config.hpp"
#include "agent/config/secrets.hpp"

#include <filesystem>
#include <functional>
#include <string>

namespace agent {

/// The surroundings of a value.
struct ConfigPlace {
    std::filesystem::path folder; ///< where relative paths start: that of the INI file
    bool secrets = true;          ///< whether to read the files that values name
    Warnings* warnings;           ///< of those files; not null
};

/// Checks and stores a value. Errors say what is expected or why a file cannot be used, without the
/// key and the value. Fault::config: the value itself is wrong; otherwise those of
/// read_text_file(), about the file that it names.
template <class Target>
using SetValue = std::function<common::Result<void>(Target&, const std::string& value,
                                                    const ConfigPlace& place)>;

template <class Target> struct ValueKind {
    SetValue<Target> set;
    std::string form; ///< in words, for the manual: "one of: full, normal"
};

} // namespace agent
