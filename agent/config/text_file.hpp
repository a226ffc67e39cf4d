// The one reader of the files that people edit: the INI file, what it names (password, token,
// signing secrets, headers, definitions), and the files that are given to commands. What it reads
// over and what it refuses is the same for all of them. Blocking.
#pragma once

#include "common/base/result.hpp"

#include <cstddef>
#include <string>

namespace agent {

inline constexpr std::size_t most_of_a_secret = 64UL << 10;
inline constexpr std::size_t most_of_an_ini = 1UL << 20;
inline constexpr std::size_t most_of_events = 1UL << 30;

/// The text, without a byte order mark (common/text/plain_text.hpp). At most `limit` bytes. Errors
/// name the file: Fault::refused when this user may not read it, with the way out; Fault::storage
/// when it cannot be opened or read; Fault::input when it is no text or too long.
common::Result<std::string> read_text_file(const std::string& path, std::size_t limit);

/// The same of standard input.
common::Result<std::string> read_text_input(std::size_t limit);

/// Errors as of read_text_file(), without reading: a file whose user checks its content.
common::Result<void> check_readable(const std::string& path);

} // namespace agent
