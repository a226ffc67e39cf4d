#include "agent/cli/check_disk.hpp"

#include "agent/cli/disk_judgement.hpp"
#include "common/base/ascii.hpp"
#include "common/base/file.hpp"

#include <algorithm>
#include <filesystem>
#include <sys/statvfs.h>
#include <sys/vfs.h>

namespace agent {

namespace {

namespace fs = std::filesystem;

/// Its file system alone, where /proc cannot be read.
Mount mount_by_magic(const std::string& folder) {
    struct statfs seen {};
    const bool known = ::statfs(folder.c_str(), &seen) == 0;
    const auto name = known ? file_system_name(static_cast<std::uint32_t>(seen.f_type)) : "";
    return {folder, name.empty() ? "unknown file system" : std::string{name}, "", {}};
}

std::uint64_t size_of(const std::string& file) {
    std::error_code absent;
    const auto size = fs::file_size(file, absent);
    return absent ? 0 : size;
}

void check_space(Report& report, const Config& config, const std::string& folder) {
    struct statvfs space {};
    if (::statvfs(folder.c_str(), &space) != 0) {
        return; // check_folder has reported it
    }
    const auto& queue = config.queue;
    report.add(judge_space({.free = static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize,
                            .used = size_of(queue.path) + size_of(queue.path + "-wal"),
                            .min_free = queue.min_free,
                            .max_size = queue.max_size},
                           folder));
}

/// The one line of a file in /sys; empty where the kernel has none.
std::string line_of(const fs::path& file) {
    const auto text = common::read_file(file.string());
    return text ? std::string{common::trim(*text)} : "";
}

/// "mmcblk0", and not its boot and replay-protected areas ("mmcblk0boot0", "mmcblk0rpmb").
bool is_card(std::string_view name) {
    constexpr std::string_view prefix = "mmcblk";
    return name.starts_with(prefix) && name.size() > prefix.size() &&
           name.find_first_not_of("0123456789", prefix.size()) == std::string_view::npos;
}

} // namespace

void check_disk(Report& report, const Config& config, const std::string& mountinfo) {
    const auto folder = fs::absolute(config.queue.path).parent_path();
    std::error_code absent;
    const auto real = fs::canonical(folder, absent).string();
    if (absent) {
        return; // check_folder has reported it
    }
    const auto text = common::read_file(mountinfo);
    const auto found = text ? mount_of(*text, real) : std::nullopt;
    const auto mount = found ? *found : mount_by_magic(real);
    const auto upper = upper_folder(mount);
    report.add(judge_mount(mount, upper.empty() ? std::nullopt : mount_of(*text, upper),
                           folder.string(), config.queue.sync));
    check_space(report, config, folder.string());
}

void check_cards(Report& report, const std::string& block_devices) {
    std::error_code absent;
    std::vector<fs::path> cards;
    for (const auto& entry : fs::directory_iterator{block_devices, absent}) {
        if (is_card(entry.path().filename().string())) {
            cards.push_back(entry.path());
        }
    }
    std::ranges::sort(cards);
    for (const auto& card : cards) {
        report.add(judge_card({.name = card.filename().string(),
                               .type = line_of(card / "device" / "type"),
                               .life_time = line_of(card / "device" / "life_time"),
                               .pre_eol_info = line_of(card / "device" / "pre_eol_info"),
                               .read_only = line_of(card / "ro") == "1"}));
    }
}

} // namespace agent
