// Reading files. Any thread; blocks.
#pragma once

#include "common/base/result.hpp"

#include <string>

namespace common {

/// The whole file. Errors (Fault::storage) name the file and the reason.
Result<std::string> read_file(const std::string& path);

} // namespace common
