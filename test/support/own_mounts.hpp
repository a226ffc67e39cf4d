// File systems that only this program sees, for tests of small and read-only disks.
#pragma once

#include <fstream>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <unistd.h>

namespace test {

/// From now on mounts of this program are its own. Returns false if that is not allowed.
inline bool mounts_of_its_own() {
    static const bool allowed = [] {
        const auto user = std::to_string(::geteuid());
        if (::unshare(CLONE_NEWNS) != 0) {
            if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
                return false;
            }
            std::ofstream{"/proc/self/uid_map"} << "0 " + user + " 1";
        }
        return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    }();
    return allowed;
}

inline bool mount_disk(const std::string& folder, const char* size) {
    return mounts_of_its_own() && ::mount("none", folder.c_str(), "tmpfs", 0, size) == 0;
}

/// Fails while a file on it is open for writing.
inline bool make_read_only(const std::string& folder, bool read_only) {
    return ::mount("none", folder.c_str(), nullptr, MS_REMOUNT | (read_only ? MS_RDONLY : 0),
                   nullptr) == 0;
}

} // namespace test
