#include "agent/cli/check_disk.hpp"

#include "test/support/program.hpp"

#include <gtest/gtest.h>

namespace {

namespace fs = std::filesystem;

std::string said_about_cards(const test::TempFolder& block) {
    testing::internal::CaptureStdout();
    agent::Report report{false};
    agent::check_cards(report, block.file("."));
    return testing::internal::GetCapturedStdout();
}

void add_card(const test::TempFolder& block, const std::string& name) {
    fs::create_directories(block.file(name + "/device"));
    (void)block.write(name + "/ro", "0\n");
    (void)block.write(name + "/device/type", "MMC\n");
    (void)block.write(name + "/device/life_time", "0x0b 0x01\n");
    (void)block.write(name + "/device/pre_eol_info", "0x01\n");
}

TEST(CheckDisk, ReadsTheHealthOfEachCardAndOfNothingElse) {
    const test::TempFolder block;
    EXPECT_EQ(said_about_cards(block), "");
    for (const auto* other : {"sda", "mmcblk", "mmcblk0boot0", "mmcblk0rpmb", "loop0"}) {
        add_card(block, other);
    }
    EXPECT_EQ(said_about_cards(block), "");
    add_card(block, "mmcblk1");
    add_card(block, "mmcblk0");
    const auto said = said_about_cards(block);
    EXPECT_EQ(said.find("fail  the MMC card mmcblk0 has exceeded"), 0U) << said;
    EXPECT_NE(said.find("\nfail  the MMC card mmcblk1 has exceeded"), std::string::npos) << said;
}

TEST(CheckDisk, ReadsTheMountTableAndDoesWithoutIt) {
    const test::TempFolder folder;
    agent::Config config;
    config.queue.path = folder.file("agent.db");
    config.queue.min_free = 0;
    config.queue.max_size = 0;
    const auto said = [&](const std::string& mountinfo) {
        testing::internal::CaptureStdout();
        agent::Report report{false};
        agent::check_disk(report, config, mountinfo);
        return testing::internal::GetCapturedStdout();
    };
    const auto place = std::filesystem::path{config.queue.path}.parent_path().string();
    const auto table = folder.write("mountinfo", "1 2 3:4 / / rw - ext4 /dev/x rw\n5 1 6:7 / " +
                                                     place + " rw - nfs nas:/x rw\n");
    EXPECT_NE(said(table).find("network file system (nfs from nas:/x)"), std::string::npos)
        << said(table);
    const auto without = said(folder.file("none"));
    EXPECT_NE(without.find(place + " is on "), std::string::npos) << without;
    EXPECT_NE(without.find(" MiB free in "), std::string::npos) << without;
}

} // namespace
