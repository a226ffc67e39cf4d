#include "agent/cli/disk_judgement.hpp"

#include <gtest/gtest.h>

namespace {

using agent::Level;
using common::Sync;

constexpr const char* pi =
    "23 28 0:21 / /sys rw,nosuid,nodev,noexec,relatime shared:6 - sysfs sysfs rw\n"
    "28 1 179:2 / / rw,noatime shared:1 - ext4 /dev/mmcblk0p2 rw,commit=60\n"
    "40 28 179:1 / /boot/firmware rw,relatime shared:20 - vfat /dev/mmcblk0p1 rw,fmask=0022\n"
    "41 28 0:30 / /run rw,nosuid,nodev shared:5 - tmpfs tmpfs rw,size=800000k,mode=755\n"
    "42 28 8:1 / /media/my\\040disk rw shared:7 master:2 - ext4 /dev/sda1 rw,data=writeback\n"
    "43 28 0:40 / /mnt/a rw - nfs4 nas:/x rw,vers=4.2\n"
    "44 28 0:41 / /mnt/a rw - tmpfs  rw\n";

TEST(DiskJudgement, FindsTheMountThatHoldsAFolder) {
    const struct {
        const char* folder;
        const char* point;
        const char* type;
        const char* source;
    } table[] = {
        {"/var/lib/ffl-agent", "/", "ext4", "/dev/mmcblk0p2"},
        {"/", "/", "ext4", "/dev/mmcblk0p2"},
        {"/run", "/run", "tmpfs", "tmpfs"},
        {"/run/ffl-agent", "/run", "tmpfs", "tmpfs"},
        {"/runs", "/", "ext4", "/dev/mmcblk0p2"},
        {"/media/my disk/queue", "/media/my disk", "ext4", "/dev/sda1"},
        {"/mnt/a/b", "/mnt/a", "tmpfs", ""}, // mounted over the other one, without a source
    };
    for (const auto& row : table) {
        SCOPED_TRACE(row.folder);
        const auto mount = agent::mount_of(pi, row.folder);
        ASSERT_TRUE(mount);
        EXPECT_EQ(mount->point, row.point);
        EXPECT_EQ(mount->type, row.type);
        EXPECT_EQ(mount->source, row.source);
    }
    for (const auto* none : {"", "\n", "28 1 179:2 / /", "28 1 179:2 / / rw shared:1 - ext4",
                             "28 1 179:2 / /boot rw - vfat /dev/x rw\n"}) {
        EXPECT_FALSE(agent::mount_of(none, "/var")) << none;
    }
}

struct Row {
    const char* line; ///< of mountinfo, from the options on
    Sync sync;
    Level level;
    const char* says; ///< of the first finding
};

TEST(DiskJudgement, JudgesFileSystemsAndTheirOptions) {
    const Row table[] = {
        {"rw,noatime shared:1 - ext4 /dev/mmcblk0p2 rw", Sync::full, Level::ok,
         "/q is on a disk (ext4, /dev/mmcblk0p2)"},
        {"rw - f2fs /dev/mmcblk0p2 rw,fsync_mode=posix", Sync::full, Level::ok, "on a disk (f2fs"},
        {"rw - ext4 /dev/x rw,commit=600", Sync::full, Level::ok, "on a disk"},
        {"rw - ext4 /dev/x rw,commit=30", Sync::normal, Level::ok, "on a disk"},
        {"rw - ext4 /dev/x rw,commit=600", Sync::normal, Level::warn, "the events of up to 600 s"},
        {"rw - ext4 /dev/x rw,nobarrier", Sync::full, Level::warn, "nobarrier: a power cut"},
        {"rw - ext4 /dev/x rw,barrier=0", Sync::full, Level::warn, "barrier=0: a power cut"},
        {"rw - ext4 /dev/x rw,barrier=1", Sync::full, Level::ok, "on a disk"},
        {"rw - f2fs /dev/x rw,fsync_mode=nobarrier", Sync::full, Level::warn, "fsync_mode"},
        {"rw - ext4 /dev/x rw,data=writeback", Sync::full, Level::warn, "old content"},
        {"rw - ext4 /dev/x rw,data=ordered", Sync::full, Level::ok, "on a disk"},
        {"rw - ext2 /dev/x rw", Sync::full, Level::warn, "no journal"},
        {"rw - tmpfs tmpfs rw", Sync::full, Level::warn, "in memory (tmpfs at /q)"},
        {"rw - ramfs none rw", Sync::full, Level::warn, "in memory"},
        {"rw - vfat /dev/sda1 rw", Sync::full, Level::warn, "vfat"},
        {"rw - exfat /dev/sda1 rw", Sync::full, Level::warn, "exfat"},
        {"rw - nfs4 nas:/x rw", Sync::full, Level::warn, "network file system (nfs4 from nas:/x)"},
        {"rw - cifs //nas/x rw", Sync::full, Level::warn, "network file system"},
        {"rw - fuse.sshfs a@b:/x rw", Sync::full, Level::warn, "network file system"},
        {"rw - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w", Sync::full, Level::warn,
         "layered file system"},
    };
    for (const auto& row : table) {
        SCOPED_TRACE(row.line);
        const auto mount = agent::mount_of("1 2 3:4 / /q " + std::string{row.line} + "\n", "/q");
        ASSERT_TRUE(mount);
        const auto found = agent::judge_mount(*mount, std::nullopt, "/q", row.sync);
        ASSERT_EQ(found.size(), 1U);
        EXPECT_EQ(found.front().level, row.level);
        EXPECT_NE(found.front().what.find(row.says), std::string::npos) << found.front().what;
        EXPECT_EQ(found.front().fix.empty(), row.level == Level::ok) << found.front().fix;
    }
}

TEST(DiskJudgement, TellsEveryFaultOfAMount) {
    const auto mount = agent::mount_of(
        "1 2 3:4 / /q rw - ext4 /dev/x rw,data=writeback,nobarrier,commit=100\n", "/q");
    EXPECT_EQ(agent::judge_mount(*mount, std::nullopt, "/q", Sync::normal).size(), 3U);
}

TEST(DiskJudgement, AnOverlayIsInMemoryWhereItsUpperLayerIs) {
    const std::string mounts = "1 2 0:4 / /q rw - overlay o rw,upperdir=/up/data,workdir=/up/w\n"
                               "3 2 0:5 / /up rw - tmpfs tmpfs rw\n";
    const auto mount = agent::mount_of(mounts, "/q");
    ASSERT_TRUE(mount);
    EXPECT_EQ(agent::upper_folder(*mount), "/up/data");
    const auto upper = agent::mount_of(mounts, agent::upper_folder(*mount));
    const auto found = agent::judge_mount(*mount, upper, "/q", Sync::full);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_NE(found.front().what.find("in memory (overlay over tmpfs"), std::string::npos);
}

TEST(DiskJudgement, JudgesTheHealthOfCards) {
    const struct {
        const char* life_time;
        const char* pre_eol_info;
        bool read_only;
        std::vector<Level> levels;
        const char* says; ///< of the last finding
    } table[] = {
        {"", "", false, {}, ""},
        {"0x00 0x00", "0x00", false, {}, ""},
        {"0x00 0x00", "0x01", false, {}, ""},
        {"0x01 0x01", "0x01", false, {Level::ok}, "up to 10 %"},
        {"0x02 0x08", "0x01", false, {Level::ok}, "up to 80 %"},
        {"0x09 0x01", "0x01", false, {Level::warn}, "up to 90 %"},
        {"0x01 0x0a", "0x01", false, {Level::warn}, "up to 100 %"},
        {"0x01 0x0A", "0x01", false, {Level::warn}, "up to 100 %"},
        {"0x0b 0x01", "", false, {Level::fail}, "exceeded"},
        {"", "0x02", false, {Level::warn}, "80 % of its reserve"},
        {"0x01 0x01", "0x03", false, {Level::ok, Level::fail}, "90 % of its reserve"},
        {"", "", true, {Level::fail}, "read-only"},
        {"garbage", "garbage", false, {}, ""},
    };
    for (const auto& row : table) {
        SCOPED_TRACE(std::string{row.life_time} + " / " + row.pre_eol_info);
        const auto found =
            agent::judge_card({"mmcblk0", "MMC", row.life_time, row.pre_eol_info, row.read_only});
        ASSERT_EQ(found.size(), row.levels.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            EXPECT_EQ(found[i].level, row.levels[i]);
            EXPECT_EQ(found[i].what.find("the MMC card mmcblk0 "), 0U) << found[i].what;
        }
        if (!found.empty()) {
            EXPECT_NE(found.back().what.find(row.says), std::string::npos) << found.back().what;
        }
    }
}

TEST(DiskJudgement, JudgesFreeSpaceByWhatTheQueueMayStillTake) {
    constexpr std::uint64_t mib = 1ULL << 20;
    const struct {
        agent::DiskSpace space;
        Level level;
    } table[] = {
        {{63 * mib, 0, 64 * mib, 1024 * mib}, Level::fail},
        {{64 * mib, 0, 64 * mib, 1024 * mib}, Level::warn},
        {{1087 * mib, 0, 64 * mib, 1024 * mib}, Level::warn},
        {{1088 * mib, 0, 64 * mib, 1024 * mib}, Level::ok},
        {{188 * mib, 900 * mib, 64 * mib, 1024 * mib}, Level::ok},
        {{64 * mib, 2000 * mib, 64 * mib, 1024 * mib}, Level::ok},
        {{0, 0, 0, 0}, Level::ok},
    };
    for (const auto& row : table) {
        EXPECT_EQ(agent::judge_space(row.space, "/q").level, row.level) << row.space.free / mib;
    }
}

} // namespace
