// The paths that values of the INI file name. Blocking.
#pragma once

#include "common/base/result.hpp"

#include <filesystem>
#include <string>

namespace agent {

/// The path that a value names: a relative one starts at `folder`, an empty one names none. Errors
/// (Fault::config): the value counts on a shell or on systemd.
common::Result<std::string> path_of(const std::string& value, const std::filesystem::path& folder);

/// The file to which a symbolic link leads; any other path as it is. For the database, once: WAL,
/// lock, reserve and salvage lie beside the file itself, on its disk.
std::string without_link(const std::string& path);

} // namespace agent
