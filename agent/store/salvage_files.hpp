// The files of a salvage: their names, and the steps that take the place of the damaged database.
// Each step may be broken off and begun again (salvage.hpp). Blocking.
#pragma once

#include "agent/store/progress.hpp"
#include "common/base/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agent {

struct SalvageNames {
    std::string path;
    [[nodiscard]] std::string fresh() const { return path + ".salvage"; }  ///< half built
    [[nodiscard]] std::string image() const { return path + ".reading"; }  ///< of database and WAL
    [[nodiscard]] std::string done() const { return path + ".salvaged-"; } ///< + time: whole
    [[nodiscard]] std::string corrupt() const { return path + ".corrupt-"; } ///< + time
};

/// All files whose names begin with `prefix`, sorted.
std::vector<std::string> files_named(const std::string& prefix);

/// Removes what an unfinished salvage left.
void remove_unfinished(const SalvageNames& names);

/// A time for the name of a copy that is set aside now, as no file has it yet.
std::string free_time(const SalvageNames& names);

/// Sets the damaged files aside and puts the new database in their place. May be broken off
/// anywhere and begun again. Errors: Fault::storage.
common::Result<void> swap_files(const SalvageNames& names, const std::string& time,
                                const Progress& progress);

/// Finishes the salvages that earlier runs committed. Returns the name of the last copy set aside.
common::Result<std::optional<std::string>> finish_earlier(const SalvageNames& names,
                                                          const Progress& progress);

} // namespace agent
