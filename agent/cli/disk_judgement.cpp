#include "agent/cli/disk_judgement.hpp"

#include "common/base/ascii.hpp"
#include "common/base/is_one_of.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace agent {

using common::is_one_of;

namespace {

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const auto end = std::min(text.find(separator), text.size());
        parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

/// Blanks and backslashes in it are written in octal: "\040".
std::string unescaped(std::string_view text) {
    const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\\' && at + 3 < text.size() && is_octal(text[at + 1]) &&
            is_octal(text[at + 2]) && is_octal(text[at + 3])) {
            out += static_cast<char>((text[at + 1] - '0') * 64 + (text[at + 2] - '0') * 8 +
                                     (text[at + 3] - '0'));
            at += 3;
        } else {
            out += text[at];
        }
    }
    return out;
}

std::optional<Mount> parse_mount(std::string_view line) {
    const auto fields = split(line, ' ');
    const auto dash = std::ranges::find(fields, "-");
    constexpr std::ptrdiff_t before = 6; // fields before the optional ones
    constexpr std::ptrdiff_t after = 3;  // and after the dash
    if (dash - fields.begin() < before || fields.end() - dash <= after) {
        return std::nullopt;
    }
    Mount mount{unescaped(fields[4]), unescaped(dash[1]), unescaped(dash[2]), {}};
    for (const auto& list : {fields[5], dash[3]}) {
        for (const auto& option : split(list, ',')) {
            mount.options.push_back(unescaped(option));
        }
    }
    return mount;
}

bool holds(const std::string& point, std::string_view folder) {
    return point == "/" || folder == point || folder.starts_with(point + "/");
}

bool has(const Mount& mount, std::initializer_list<std::string_view> options) {
    return std::ranges::any_of(mount.options,
                               [&](const auto& option) { return is_one_of(option, options); });
}

std::string value_of(const Mount& mount, const std::string& option) {
    for (const auto& one : mount.options) {
        if (one.starts_with(option + "=")) {
            return one.substr(option.size() + 1);
        }
    }
    return {};
}

std::uint64_t number_in(std::string_view text, int base = 10) {
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number, base);
    return number;
}

constexpr const char* to_a_disk = "move [queue] path to a disk of this device, with ext4 or f2fs";

std::optional<Finding> judge_type(const Mount& mount, const std::optional<Mount>& upper,
                                  const std::string& folder) {
    const auto is_on = folder + " is on ";
    if (is_in_memory(mount) || (upper && is_in_memory(*upper))) {
        return Finding{Level::warn,
                       is_on + "a file system in memory (" + mount.type +
                           (is_in_memory(mount) ? "" : " over " + upper->type) + " at " +
                           mount.point + ")",
                       "a power cut loses the queue: " + std::string{to_a_disk}};
    }
    if (is_one_of(mount.type, {"overlay", "aufs", "fuse.fuse-overlayfs"})) {
        return Finding{Level::warn,
                       is_on + "a layered file system (" + mount.type + " at " + mount.point +
                           "), where what is written may be lost with the container or the power",
                       "mount a disk or a volume there, or move [queue] path to one"};
    }
    if (is_one_of(mount.type, {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "afs",
                               "fuse.sshfs", "fuse.glusterfs", "fuse.cephfs"})) {
        return Finding{Level::warn,
                       is_on + "a network file system (" + mount.type + " from " + mount.source +
                           "): SQLite's locks and shared memory are not reliable there",
                       to_a_disk};
    }
    if (is_one_of(mount.type,
                  {"vfat", "msdos", "exfat", "fuseblk", "ntfs", "ntfs3", "fuse.exfat"})) {
        return Finding{Level::warn,
                       is_on + mount.type + " (" + mount.source +
                           "), which has no permissions and does not survive every power cut",
                       to_a_disk};
    }
    if (mount.type == "ext2") {
        return Finding{Level::warn,
                       is_on + "ext2 (" + mount.source +
                           "), which has no journal: a power cut can damage it",
                       "turn it into ext4 (tune2fs -j " + mount.source + ", then ext4 in fstab)"};
    }
    return std::nullopt;
}

std::string in_fstab(const std::string& what, const Mount& mount) {
    return what + " in the options of " + mount.point + " in /etc/fstab, and restart the device";
}

void judge_options(const Mount& mount, common::Sync sync, Findings& found) {
    const auto mounted = mount.point + " is mounted with ";
    for (const auto* option : {"nobarrier", "barrier=0", "fsync_mode=nobarrier", "volatile"}) {
        if (has(mount, {option})) {
            found.push_back({Level::warn,
                             mounted + option +
                                 ": a power cut can lose events that were answered 202, and "
                                 "damage the queue",
                             in_fstab(std::string{"remove "} + option, mount)});
        }
    }
    if (has(mount, {"data=writeback"})) {
        found.push_back({Level::warn,
                         mounted + "data=writeback: after a power cut files may end in old content",
                         in_fstab("write data=ordered", mount)});
    }
    constexpr std::uint64_t usual_commit_s = 30; // the default of btrfs; that of ext4 is 5
    const auto commit = value_of(mount, "commit");
    if (sync == common::Sync::normal && number_in(commit) > usual_commit_s) {
        found.push_back({Level::warn,
                         mounted + "commit=" + commit +
                             ": with [queue] sync = normal a power cut loses the events of up to " +
                             commit + " s",
                         in_fstab("write [queue] sync = full, or commit=5", mount)});
    }
}

std::string mebibytes(std::uint64_t bytes) {
    return std::to_string(bytes >> 20) + " MiB";
}

} // namespace

std::optional<Mount> mount_of(std::string_view mountinfo, std::string_view folder) {
    std::optional<Mount> best;
    for (const auto& line : split(mountinfo, '\n')) {
        auto mount = parse_mount(line);
        // The later one lies over the earlier one.
        if (mount && holds(mount->point, folder) &&
            (!best || mount->point.size() >= best->point.size())) {
            best = std::move(mount);
        }
    }
    return best;
}

std::string_view file_system_name(std::uint32_t magic) {
    struct Known {
        std::uint32_t magic;
        std::string_view name;
    };
    // statfs(2), linux/magic.h
    constexpr std::array known{
        Known{0x01021994, "tmpfs"}, Known{0x858458f6, "ramfs"}, Known{0x794c7630, "overlay"},
        Known{0x6969, "nfs"},       Known{0xff534d42, "cifs"},  Known{0xfe534d42, "smb3"},
        Known{0x4d44, "vfat"},      Known{0x2011bab0, "exfat"}, Known{0x01021997, "9p"},
        Known{0x00c36400, "ceph"},
    };
    const auto found = std::ranges::find(known, magic, &Known::magic);
    return found == known.end() ? std::string_view{} : found->name;
}

std::string upper_folder(const Mount& mount) {
    return mount.type == "overlay" ? value_of(mount, "upperdir") : "";
}

bool is_in_memory(const Mount& mount) {
    return is_one_of(mount.type, {"tmpfs", "ramfs", "rootfs", "devtmpfs"});
}

Findings judge_mount(const Mount& mount, const std::optional<Mount>& upper,
                     const std::string& folder, common::Sync sync) {
    Findings found;
    if (auto type = judge_type(mount, upper, folder)) {
        found.push_back(std::move(*type));
    }
    judge_options(mount, sync, found);
    if (found.empty()) {
        const auto source = mount.source.empty() ? "" : ", " + mount.source;
        found.push_back({Level::ok, folder + " is on a disk (" + mount.type + source + ")"});
    }
    return found;
}

// JEDEC's JESD84-B51, 7.4.44 and 7.4.45. Most SD cards tell nothing.
Findings judge_card(const Card& card) {
    const auto what =
        "the " + (card.type.empty() ? std::string{} : card.type + " ") + "card " + card.name;
    const std::string replace = "copy it to a new one soon: one that is worn out turns read-only "
                                "or loses data";
    Findings found;
    if (card.read_only) {
        found.push_back({Level::fail, what + " is read-only",
                         "an SD card has a switch for that; if that is off it is worn out: replace "
                         "the card"});
    }
    std::uint64_t worn = 0; // in steps of 10 %; 11: beyond its life
    for (const auto& part : split(card.life_time, ' ')) {
        const auto text = std::string_view{part}.substr(part.starts_with("0x") ? 2 : 0);
        worn = std::max(worn, number_in(text, 16));
    }
    const auto eol = std::string_view{card.pre_eol_info};
    const auto reserve = number_in(eol.substr(eol.starts_with("0x") ? 2 : 0), 16);
    constexpr std::uint64_t beyond = 11;
    constexpr std::uint64_t nearly = 9;
    if (worn >= beyond) {
        found.push_back({Level::fail, what + " has exceeded its estimated life time", replace});
    } else if (worn >= nearly) {
        found.push_back(
            {Level::warn,
             what + " has used up to " + std::to_string(worn * 10) + " % of its life time",
             replace});
    } else if (worn > 0) {
        found.push_back({Level::ok, what + " has used up to " + std::to_string(worn * 10) +
                                        " % of its life time"});
    }
    if (reserve == 2) {
        found.push_back({Level::warn, what + " has used 80 % of its reserve blocks", replace});
    } else if (reserve >= 3) {
        found.push_back({Level::fail, what + " has used 90 % of its reserve blocks", replace});
    }
    return found;
}

Finding judge_space(const DiskSpace& space, const std::string& folder) {
    const auto what = mebibytes(space.free) + " free in " + folder;
    if (space.free < space.min_free) {
        return {Level::fail, what,
                "free some space: below [queue] min_free = " + mebibytes(space.min_free) +
                    " the queue counts as full"};
    }
    const auto growth = space.max_size - std::min(space.max_size, space.used);
    if (space.free < growth + space.min_free) {
        return {Level::warn, what,
                "free some space or lower [queue] max_size: the queue may grow by " +
                    mebibytes(growth) + " and counts as full when " + mebibytes(space.min_free) +
                    " are left"};
    }
    return {Level::ok, what};
}

} // namespace agent
