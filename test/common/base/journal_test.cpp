#include "common/base/journal.hpp"
#include "test/support/journal_socket.hpp"

#include <array>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace common {
namespace {

TEST(Journal, TakesEntriesOfFieldsWithAnyBytes) {
    std::string entry;
    append_field(entry, "MESSAGE", "one line");
    append_field(entry, "A", "x\nPRIORITY=0");
    append_field(entry, "B", "");
    append_field(entry, "C", std::string(300, '\n'));
    const std::string twelve{"\x0c\0\0\0\0\0\0\0", 8};
    const std::string three_hundred{"\x2c\x01\0\0\0\0\0\0", 8};
    EXPECT_EQ(entry, "MESSAGE=one line\nA\n" + twelve + "x\nPRIORITY=0\nB=\nC\n" + three_hundred +
                         std::string(300, '\n') + "\n");
    const test::JournalSocket there;
    const Journal journal{there.path()};
    EXPECT_TRUE(journal.send(entry));
    EXPECT_TRUE(journal.send("MESSAGE=next\n"));
    EXPECT_EQ(there.next(), entry);
    EXPECT_EQ(there.next(), "MESSAGE=next\n");
}

TEST(Journal, SaysWhenAnEntryWasNotTaken) {
    const test::JournalSocket there;
    EXPECT_FALSE(Journal{there.path() + ".absent"}.send("M=1\n"));
    EXPECT_FALSE(Journal{""}.send("M=1\n"));
    // A path that is one byte too long must not be cut to one that fits.
    EXPECT_FALSE(Journal{"/" + std::string(200, 'x')}.send("M=1\n"));
    const Journal journal{there.path()};
    EXPECT_FALSE(journal.send("M=" + std::string(8 << 20, 'x') + "\n")) << "beyond a datagram";
    EXPECT_TRUE(journal.send("M=1\n")) << "the next one is";
    EXPECT_EQ(there.next(), "M=1\n");
}

TEST(Journal, NeverWaitsForItsReader) {
    const test::JournalSocket there;
    const Journal journal{there.path()};
    int taken = 0;
    while (taken < 10'000 && journal.send("M=1\n")) {
        ++taken;
    }
    EXPECT_LT(taken, 10'000);
    int read = 0;
    while (there.next() != "nothing") {
        ++read;
    }
    EXPECT_EQ(read, taken) << "each was taken or refused whole";
    EXPECT_TRUE(journal.send("M=1\n"));
}

TEST(Journal, ReadsADescriptorOnlyIfItsStreamIsNamed) {
    std::array<int, 2> ends{}, others{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    ASSERT_EQ(::pipe(others.data()), 0);
    const auto name_of = [](int descriptor) {
        struct stat found {};
        ::fstat(descriptor, &found);
        return std::to_string(found.st_dev) + ":" + std::to_string(found.st_ino);
    };
    const auto name = name_of(ends[1]);
    EXPECT_TRUE(is_read_by_journald(ends[1], name.c_str()));
    EXPECT_FALSE(is_read_by_journald(others[1], name.c_str()));
    EXPECT_FALSE(is_read_by_journald(ends[1], nullptr));
    for (const auto& wrong :
         {std::string{}, std::string{":"}, name + "0", " " + name, name + "\n"}) {
        EXPECT_FALSE(is_read_by_journald(ends[1], wrong.c_str())) << wrong;
    }
    for (const auto* both : {&ends, &others}) {
        ::close((*both)[0]);
        ::close((*both)[1]);
    }
    EXPECT_FALSE(is_read_by_journald(ends[1], name.c_str())) << "closed";
}

} // namespace
} // namespace common
