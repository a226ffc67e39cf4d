#include "agent/store/salvage_files.hpp"

#include "agent/store/damage.hpp"
#include "common/base/file.hpp"
#include "common/base/log.hpp"
#include "common/base/time.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>

namespace agent {

using common::Result;
namespace fs = std::filesystem;

namespace {

// What is appended to the database's name for each of its files, in the order in which they are set
// aside: the database last, for the WAL is nothing without it.
constexpr const char* suffixes[] = {"-wal", "-shm", ""};

/// Another program's file, or one that was damaged since. What gave way to it comes back.
void disown(const SalvageNames& names, const std::string& file, const std::string& time) {
    std::error_code error;
    const auto aside = names.corrupt() + time;
    if (!fs::exists(names.path, error) || !fs::exists(aside, error)) {
        for (const auto* suffix : suffixes) {
            if (fs::exists(aside + suffix, error) && !fs::exists(names.path + suffix, error)) {
                fs::rename(aside + suffix, names.path + suffix, error);
            }
        }
    }
    const auto target = names.corrupt() + free_time(names);
    fs::rename(file, target, error);
    common::log::error("a file that has the name of a recovered database is not a sound one: it "
                       "was set aside",
                       {{"file", error ? file : target}});
}

} // namespace

std::vector<std::string> files_named(const std::string& prefix) {
    const fs::path start{prefix};
    const auto folder = start.has_parent_path() ? start.parent_path() : fs::path{"."};
    std::vector<std::string> found;
    std::error_code error;
    for (fs::directory_iterator entry{folder, error}, end; !error && entry != end;
         entry.increment(error)) {
        const auto name = entry->path().filename().string();
        if (name.starts_with(start.filename().string())) {
            found.push_back((start.parent_path() / name).string());
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

void remove_unfinished(const SalvageNames& names) {
    for (const auto& base : {names.fresh(), names.image()}) {
        for (const auto* suffix : {"-wal", "-shm", "-journal", ""}) {
            std::error_code ignored;
            fs::remove(base + suffix, ignored);
        }
    }
}

std::string free_time(const SalvageNames& names) {
    const auto now = common::file_stamp(std::chrono::system_clock::now());
    auto time = now;
    for (int n = 1; !files_named(names.corrupt() + time).empty(); ++n) {
        time = now + "-" + std::to_string(n);
    }
    return time;
}

Result<void> swap_files(const SalvageNames& names, const std::string& time,
                        const Progress& progress) {
    const auto aside = names.corrupt() + time;
    for (const auto* suffix : suffixes) {
        std::error_code error;
        if (fs::exists(names.path + suffix, error)) {
            auto target = aside + suffix;
            for (int n = 2; fs::exists(target, error); ++n) { // a file was put back by hand
                target = aside + "-" + std::to_string(n) + suffix;
            }
            if (auto renamed = common::rename_file(names.path + suffix, target); !renamed) {
                return renamed;
            }
        }
        tell(progress, std::string{"set aside "} + (*suffix == '\0' ? "database" : suffix));
    }
    if (auto synced = common::sync_folder_of(names.path); !synced) {
        return synced;
    }
    tell(progress, "set aside, folder synced");
    if (auto renamed = common::rename_file(names.done() + time, names.path); !renamed) {
        return renamed;
    }
    tell(progress, "new database in its place");
    return common::sync_folder_of(names.path);
}

Result<std::optional<std::string>> finish_earlier(const SalvageNames& names,
                                                  const Progress& progress) {
    std::optional<std::string> aside;
    for (const auto& file : files_named(names.done())) {
        const auto time = file.substr(names.done().size());
        if (time.ends_with("-wal") || time.ends_with("-shm") || time.ends_with("-journal")) {
            continue;
        }
        if (!is_whole(file)) {
            disown(names, file, time);
            continue;
        }
        if (auto swapped = swap_files(names, time, progress); !swapped) {
            return common::fail(swapped.error());
        }
        aside = names.corrupt() + time;
    }
    remove_unfinished(names);
    return aside;
}

} // namespace agent
