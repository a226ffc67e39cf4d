// What the disk makes of each call, before the kernel does it.

#include "test/simulation/disk.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>

namespace simulation {

int Disk::opening(const std::string& path, int flags) {
    if (dead_ || path == folder_) {
        return 0;
    }
    if (faults.read_only && (flags & O_ACCMODE) != O_RDONLY) {
        return EROFS;
    }
    if (!simulated(path)) {
        return 0;
    }
    const auto found = names_.find(path);
    if (found == names_.end()) {
        if ((flags & O_CREAT) == 0) {
            return 0;
        }
        count_down();
        if (dead_) {
            return 0;
        }
        if (faults.writes) {
            return EIO;
        }
        const auto file = std::make_shared<File>();
        names_[path] = file;
        name_changes_.push_back({{}, path, file});
    } else if ((flags & O_TRUNC) != 0) {
        found->second->pending.push_back({0, {}, true});
        found->second->size = 0;
    }
    return 0;
}

void Disk::opened(int descriptor, const std::string& path) {
    if (dead_) {
        return;
    }
    const auto found = names_.find(path);
    if (path == folder_ || found != names_.end()) {
        open_[descriptor] = path;
        files_[descriptor] = path == folder_ ? nullptr : found->second;
    }
}

int Disk::reading(int descriptor, std::int64_t at, std::size_t size) {
    constexpr std::int64_t sector = 512;
    const auto end = at + static_cast<std::int64_t>(size);
    const bool bad = !dead_ && faults.reads && files_.at(descriptor) == bad_file_ &&
                     at < bad_at_ + sector && end > bad_at_;
    return bad ? EIO : 0;
}

int Disk::writing(int descriptor, std::int64_t at, const void* bytes, std::size_t size) {
    count_down();
    if (dead_) {
        return 0;
    }
    if (faults.read_only) {
        return EROFS;
    }
    if (faults.writes) {
        return EIO;
    }
    auto& file = *files_.at(descriptor);
    const auto end = static_cast<std::uint64_t>(at) + size;
    if (end > file.size && used() + (end - file.size) > faults.capacity) {
        return ENOSPC;
    }
    file.pending.push_back({at, std::string{static_cast<const char*>(bytes), size}});
    file.size = std::max(file.size, end);
    return 0;
}

int Disk::truncating(int descriptor, std::int64_t size) {
    count_down();
    if (dead_) {
        return 0;
    }
    if (faults.read_only || faults.writes) {
        return faults.read_only ? EROFS : EIO;
    }
    auto& file = *files_.at(descriptor);
    file.pending.push_back({size, {}, true});
    file.size = static_cast<std::uint64_t>(size);
    return 0;
}

int Disk::syncing(int descriptor) {
    count_down();
    if (dead_) {
        return 0;
    }
    ++syncs_;
    const auto& file = files_.at(descriptor);
    if (faults.syncs || faults.read_only) {
        if (file) {
            lose_some(*file);
        }
        return faults.read_only ? EROFS : EIO;
    }
    if (!file) {
        durable_names_ = names_;
        name_changes_.clear();
        return 0;
    }
    for (const auto& change : file->pending) {
        apply(file->durable, change);
    }
    file->pending.clear();
    // With the file its name becomes durable, if it is new, and what was done to names before.
    const auto created = std::ranges::find_if(name_changes_, [&](const NameChange& change) {
        return change.from.empty() && change.file == file;
    });
    if (created != name_changes_.end()) {
        const auto end = std::next(created);
        std::for_each(name_changes_.begin(), end,
                      [&](const NameChange& change) { apply(durable_names_, change); });
        name_changes_.erase(name_changes_.begin(), end);
    }
    return 0;
}

int Disk::renaming(const std::string& from, const std::string& to) {
    count_down();
    if (dead_ || !simulated(from)) {
        return 0;
    }
    if (faults.read_only || faults.writes) {
        return faults.read_only ? EROFS : EIO;
    }
    const auto found = names_.find(from);
    if (found == names_.end()) {
        return 0;
    }
    const NameChange change{from, to, found->second};
    apply(names_, change);
    name_changes_.push_back(change);
    return 0;
}

int Disk::removing(const std::string& path) {
    count_down();
    if (dead_) {
        return 0;
    }
    if (faults.read_only) {
        return EROFS;
    }
    const auto found = names_.find(path);
    if (!simulated(path) || found == names_.end()) {
        return 0;
    }
    const NameChange change{path, {}, found->second};
    apply(names_, change);
    name_changes_.push_back(change);
    return 0;
}

} // namespace simulation
