// Names of databases for SQLite with OPEN_URI (https://sqlite.org/uri.html). Pure.
#pragma once

#include <string>

namespace common {

/// The file `path`; `options`: "mode=ro&vfs=unix-none".
std::string database_uri(const std::string& path, const std::string& options);

/// The name under which SQLite reads the file alone: no WAL, no lock, no write.
std::string immutable_uri(const std::string& path);

} // namespace common
