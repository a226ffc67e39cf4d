// Files: reading, and the steps that make a change of names last. Any thread; blocks. Errors
// (Fault::storage) name the file and the reason.
#pragma once

#include "common/base/result.hpp"

#include <string>

namespace common {

/// The whole file.
Result<std::string> read_file(const std::string& path);

/// The file that `path` leads to through symbolic links, also where it does not exist yet.
std::string without_links(const std::string& path);

Result<void> sync_file(const std::string& path);
/// Syncs the folder that `path` lies in: only then does a change of the file's name outlive a
/// power cut.
Result<void> sync_folder_of(const std::string& path);
Result<void> rename_file(const std::string& from, const std::string& to);

} // namespace common
