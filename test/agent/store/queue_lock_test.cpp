#include "agent/store/queue_lock.hpp"

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

} // namespace
