// What the disk under the queue means for it: file system, mount options, free space, and the
// health of SD cards and eMMC as the kernel tells it. Pure.
#pragma once

#include "agent/cli/finding.hpp"
#include "common/base/durability.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agent {

struct Mount {
    std::string point;                ///< where it is mounted
    std::string type;                 ///< "ext4", "fuse.sshfs"
    std::string source;               ///< "/dev/mmcblk0p2"
    std::vector<std::string> options; ///< of the mount and of the file system
};

/// The mount that holds `folder`, an absolute path without links, in the text of
/// /proc/self/mountinfo (proc(5)). Nothing if there is none.
std::optional<Mount> mount_of(std::string_view mountinfo, std::string_view folder);

/// The name of a file system by the magic number of statfs(2), where it is one that matters here;
/// otherwise empty.
std::string_view file_system_name(std::uint32_t magic);

/// The upper layer of an overlay file system, where what is written goes; empty for others.
std::string upper_folder(const Mount& mount);

/// Whether what is on it is gone with the power.
bool is_in_memory(const Mount& mount);

/// What may happen there to a queue with that `sync`; one that is ok if nothing. `upper`: the mount
/// of upper_folder(), if it is known.
Findings judge_mount(const Mount& mount, const std::optional<Mount>& upper,
                     const std::string& folder, common::Sync sync);

struct Card {
    std::string name;         ///< "mmcblk0"
    std::string type;         ///< "SD", "MMC"; the following are the kernel's files, empty without
    std::string life_time;    ///< "0x02 0x01"
    std::string pre_eol_info; ///< "0x01"
    bool read_only = false;
};

/// Nothing for a card that tells nothing about itself.
Findings judge_card(const Card& card);

struct DiskSpace {
    std::uint64_t free = 0;     ///< bytes, for this user
    std::uint64_t used = 0;     ///< by the queue already
    std::uint64_t min_free = 0; ///< [queue] min_free
    std::uint64_t max_size = 0; ///< [queue] max_size
};

Finding judge_space(const DiskSpace& space, const std::string& folder);

} // namespace agent
