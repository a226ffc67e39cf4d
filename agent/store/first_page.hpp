// The first page of a damaged database: how to tell that it is damaged, and how to do without it.
// Blocking.
#pragma once

#include "agent/store/progress.hpp"
#include "common/sqlite/database.hpp"

#include <string>

namespace agent {

/// Whether the header says what it does in every database of ours. With another page size, encoding
/// or length, SQLite would read the pages wrongly, or only some of them.
bool first_page_fits(const std::string& path);

/// Puts the new database's first page into the copy of the damaged file: it says where the tables
/// are, and they begin at the same pages in both. Returns false if the file is too small for that.
/// Throws CannotWrite.
bool replace_first_page(const std::string& damaged, const std::string& copy,
                        common::Connection& fresh, const Progress& progress);

} // namespace agent
