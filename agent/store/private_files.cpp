#include "agent/store/private_files.hpp"

#include "common/base/file.hpp"

#include <filesystem>

namespace agent {

namespace fs = std::filesystem;

void make_private(const std::string& database) {
    constexpr auto allowed = static_cast<fs::perms>(0640);
    const fs::path file{common::without_links(database)};
    const auto name = file.filename().string();
    std::error_code error;
    for (fs::directory_iterator entry{file.parent_path(), error}, end; !error && entry != end;
         entry.increment(error)) {
        const auto other = entry->path().filename().string();
        std::error_code ignored; // another user's file, or one that has gone
        const bool ours = other == name || other.starts_with(name + "-") ||
                          other.starts_with(name + ".corrupt-") ||
                          other.starts_with(name + ".replaced-");
        if (!ours || !entry->is_regular_file(ignored) || entry->is_symlink(ignored)) {
            continue;
        }
        const auto mode = entry->status(ignored).permissions() & fs::perms::mask;
        if ((mode & allowed) != mode) {
            fs::permissions(entry->path(), mode & allowed, ignored);
        }
    }
}

} // namespace agent
