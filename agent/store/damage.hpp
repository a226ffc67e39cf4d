// Answers whether the database at a path is damaged: the file, its WAL, and whether the two belong
// together. Blocking. Changes neither file, and opens the database by SQLite alone: closing another
// descriptor of it would take the locks of a connection of ours (POSIX).
#pragma once

#include "agent/store/progress.hpp"

#include <optional>
#include <string>

namespace agent {

/// Why the database is damaged; nothing if it seems sound, does not exist yet, or cannot be judged
/// (no permission): then opening it tells. Judged before SQLite sees the files, because SQLite
/// deletes a WAL that lies beside an empty file and passes over one that it cannot read.
std::optional<std::string> find_damage(const std::string& path, const Progress& progress);

} // namespace agent
