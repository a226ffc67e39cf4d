#include "agent/store/disk_reserve.hpp"

#include "test/support/storage_fixture.hpp"

namespace test {

using agent::give_up_reserve;
using agent::keep_reserve;
using agent::reserve_size;

constexpr std::uint64_t kib = 1024;
constexpr std::uint64_t mib = 1024 * kib;

TEST(DiskReserve, IsAnEighthOfWhatIsFreeWithinBounds) {
    struct Case {
        std::uint64_t free, min_free, size;
    };
    for (const auto& [free, min_free, size] :
         {Case{0, 0, 0}, Case{mib - 1, 0, 0}, Case{mib, 0, 128 * kib}, Case{16 * mib, 0, 2 * mib},
          Case{32 * mib, 0, 4 * mib}, Case{64'000 * mib, 0, 4 * mib},
          Case{80 * mib, 64 * mib, 2 * mib}, Case{65 * mib - 1, 64 * mib, 0},
          Case{63 * mib, 64 * mib, 0}, Case{0, UINT64_MAX, 0}}) {
        EXPECT_EQ(reserve_size(free, min_free), size) << free << " free, min_free " << min_free;
    }
}

TEST(DiskReserve, IsAFileBesideTheDatabaseUntilItIsGivenUp) {
    const Folder folder;
    const auto database = folder.file("agent.db");
    const std::filesystem::path reserve = database + "-reserve";
    EXPECT_FALSE(give_up_reserve(database));
    keep_reserve(database, 0);
    ASSERT_TRUE(std::filesystem::exists(reserve)) << "this test needs 1 MiB of free space";
    EXPECT_GE(std::filesystem::file_size(reserve), 128 * kib);
    EXPECT_LE(std::filesystem::file_size(reserve), 4 * mib);
    EXPECT_EQ(std::filesystem::status(reserve).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    EXPECT_TRUE(give_up_reserve(database));
    EXPECT_FALSE(std::filesystem::exists(reserve));
    EXPECT_FALSE(give_up_reserve(database));
}

TEST(DiskReserve, IsNotCreatedIfLittleIsFree) {
    const Folder folder;
    keep_reserve(folder.file("agent.db"), UINT64_MAX);
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(DiskReserve, StaysAsItIsIfThereIsOne) {
    const Folder folder;
    write(folder.file("agent.db-reserve"), "small");
    keep_reserve(folder.file("agent.db"), 0);
    EXPECT_EQ(contents(folder.file("agent.db-reserve")), "small");
}

TEST(DiskReserve, IgnoresAFolderThatDoesNotExist) {
    const Folder folder;
    keep_reserve(folder.file("none/agent.db"), 0);
    EXPECT_FALSE(give_up_reserve(folder.file("none/agent.db")));
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

} // namespace test
