// Answers whether the database at a path is damaged: the file, its WAL, and whether the two belong
// together. Blocking. Changes neither file, and opens the database by SQLite alone: closing another
// descriptor of it would take the locks of a connection of ours (POSIX).
#pragma once

#include "agent/store/progress.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace agent {

/// Only files up to this size are read as a whole at the start: that takes a few seconds on a
/// board.
inline constexpr std::uintmax_t max_checked_bytes = std::uintmax_t{64} << 20;

/// Why the database is damaged; nothing if it seems sound, does not exist yet, or cannot be judged
/// (no permission): then opening it tells. Judged before SQLite sees the files, because SQLite
/// deletes a WAL that lies beside an empty file and passes over one that it cannot read.
std::optional<std::string> find_damage(const std::string& path, const Progress& progress);

/// Whether the file at `path` is a sound database of ours that needs no WAL. False also where it
/// cannot be read. Writes nothing.
bool is_whole(const std::string& path);

} // namespace agent
