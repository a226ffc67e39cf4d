#include "agent/store/queue_lock.hpp"

#include "test/support/own_mounts.hpp"
#include "test/support/storage_fixture.hpp"

#include <sys/stat.h>
#include <unistd.h>

namespace {

using agent::QueueLock;

struct QueueLockTest : testing::Test {
    test::Folder folder;
    const std::string path = folder.file("agent.db");
};

TEST_F(QueueLockTest, TheSecondIsRefusedAndToldWhoHasIt) {
    EXPECT_FALSE(QueueLock::holder(path));
    {
        QueueLock first, second;
        ASSERT_TRUE(first.take(path));
        const auto refused = second.take(path);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().fault, common::Fault::storage);
        const auto who = "process " + std::to_string(::getpid()) + " (since ";
        EXPECT_NE(refused.error().message.find("the queue " + path + " is in use by " + who),
                  std::string::npos)
            << refused.error().message;
        EXPECT_NE(QueueLock::holder(path).value_or("").find(who), std::string::npos);
        EXPECT_TRUE(first.keep());
    }
    EXPECT_FALSE(QueueLock::holder(path)) << "the file alone is no lock";
    QueueLock next;
    EXPECT_TRUE(next.take(path));
}

TEST_F(QueueLockTest, TwoNamesOfOneFileShareOneLock) {
    std::filesystem::create_directory(folder.file("disk"));
    std::filesystem::create_directory_symlink("disk", folder.file("other"));
    std::filesystem::create_symlink("other/real.db", path); // leads to a file that is not there yet
    QueueLock first, second, third;
    ASSERT_TRUE(first.take(path));
    EXPECT_FALSE(second.take(folder.file("disk/real.db")));
    EXPECT_FALSE(second.take(folder.file("other/../other/real.db")));
    EXPECT_TRUE(third.take(folder.file("disk/another.db")));
}

TEST_F(QueueLockTest, NorCanAHardLinkBeTaken) {
    const auto other = folder.file("other.db");
    test::write(path, "a database");
    std::filesystem::create_hard_link(path, other);
    {
        QueueLock first, second;
        ASSERT_TRUE(first.take(path));
        for (int i = 0; i < 2; ++i) {
            const auto refused = i == 0 ? second.take(other) : second.keep();
            ASSERT_FALSE(refused);
            EXPECT_NE(refused.error().message.find("in use by process " +
                                                   std::to_string(::getpid()) +
                                                   " under another name"),
                      std::string::npos)
                << refused.error().message;
        }
    }
    QueueLock next;
    EXPECT_TRUE(next.take(other));
}

TEST_F(QueueLockTest, ADatabaseThatWasMadeOrReplacedIsLockedWithTheNextCommit) {
    QueueLock first, second;
    ASSERT_TRUE(first.take(path));
    for (const auto* name : {"other.db", "another.db"}) {
        test::write(folder.file("new.db"), "a database");
        std::filesystem::rename(folder.file("new.db"), path);
        ASSERT_TRUE(first.keep());
        std::filesystem::create_hard_link(path, folder.file(name));
        EXPECT_FALSE(second.take(folder.file(name))) << name;
    }
}

TEST_F(QueueLockTest, IsTakenAgainWhenItsFileIsRemoved) {
    QueueLock first, second;
    ASSERT_TRUE(first.take(path));
    std::filesystem::remove(path + "-lock");
    EXPECT_TRUE(first.keep());
    EXPECT_FALSE(second.take(path));
    std::filesystem::remove(path + "-lock");
    ASSERT_TRUE(second.take(path));
    EXPECT_FALSE(first.keep()) << "another was faster";
}

TEST_F(QueueLockTest, SaysWhetherAnotherHasTheQueue) {
    QueueLock first, second;
    ASSERT_TRUE(first.take(path));
    EXPECT_TRUE(first.alone());
    std::filesystem::remove(path + "-lock");
    EXPECT_TRUE(first.alone());
    EXPECT_FALSE(second.take(path)) << "the first has taken it again";
    std::filesystem::remove(path + "-lock");
    ASSERT_TRUE(second.take(path));
    const auto refused = first.alone();
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("is in use by process "), std::string::npos);
    EXPECT_TRUE(second.alone());
}

TEST_F(QueueLockTest, WithoutAFolderNobodyElseHasTheQueue) {
    std::filesystem::create_directory(folder.file("disk"));
    QueueLock lock;
    ASSERT_TRUE(lock.take(folder.file("disk/agent.db")));
    std::filesystem::remove_all(folder.file("disk"));
    EXPECT_FALSE(lock.keep());
    EXPECT_TRUE(lock.alone());
}

TEST_F(QueueLockTest, ItsFileIsPrivateAndNotInherited) {
    const auto umask = ::umask(0);
    QueueLock lock;
    EXPECT_TRUE(lock.take(path));
    ::umask(umask);
    struct stat file {};
    ASSERT_EQ(::stat((path + "-lock").c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777, 0640U);
}

TEST_F(QueueLockTest, AMissingFolderIsNamed) {
    QueueLock lock;
    const auto refused = lock.take(folder.file("absent/agent.db"));
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("absent/agent.db-lock: No such file"), std::string::npos)
        << refused.error().message;
}

TEST_F(QueueLockTest, OnAReadOnlyDiskItIsLockedAsFarAsItCanBe) {
    const auto disk = folder.file("disk");
    std::filesystem::create_directory(disk);
    if (!test::mount_disk(disk, "size=1m")) {
        GTEST_SKIP() << "mounting a file system is not allowed here";
    }
    const auto there = disk + "/agent.db";
    ASSERT_TRUE(QueueLock{}.take(there));
    ASSERT_TRUE(test::make_read_only(disk, true));
    {
        QueueLock reader, other;
        const auto taken = reader.take(there);
        EXPECT_TRUE(taken) << taken.error().message;
        const auto refused = other.take(there);
        ASSERT_FALSE(refused);
        EXPECT_NE(refused.error().message.find("is in use by"), std::string::npos);
        EXPECT_FALSE(reader.keep()) << "nothing may be written yet";
        EXPECT_FALSE(reader.keep());
        ASSERT_TRUE(test::make_read_only(disk, false));
        EXPECT_FALSE(other.take(there));
        EXPECT_TRUE(reader.keep());
        EXPECT_TRUE(QueueLock::holder(there));
    }
    ASSERT_TRUE(test::make_read_only(disk, true));
    const auto none = disk + "/other.db"; // no file to lock: nobody has it
    QueueLock first;
    EXPECT_TRUE(first.take(none));
    ::umount2(disk.c_str(), MNT_DETACH);
}

} // namespace
