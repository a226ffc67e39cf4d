#include "common/base/file.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

TEST(File, NamesAFileThatCannotBeRead) {
    const auto gone = read_file("/nowhere/file.ini");
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().message, "cannot open /nowhere/file.ini: No such file or directory");
    const auto folder = read_file("/");
    ASSERT_FALSE(folder);
    EXPECT_EQ(folder.error().message, "cannot read /: Is a directory");
    const auto self = read_file("/proc/self/cmdline");
    ASSERT_TRUE(self);
    EXPECT_NE(self->find("test_common_base"), std::string::npos);
}

} // namespace
} // namespace common
