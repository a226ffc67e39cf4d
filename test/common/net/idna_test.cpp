#include "common/net/idna.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

// The forms are those of the idna codec of Python 3.11.
TEST(Idna, GivesTheAsciiFormOfNames) {
    const std::pair<const char*, const char*> rows[] = {
        {"bücher.example", "xn--bcher-kva.example"},
        {"www.bücher.example", "www.xn--bcher-kva.example"},
        {"Übung.test", "xn--bung-zra.test"},
        {"дверь.рф", "xn--b1ade8b6c.xn--p1ai"},
        {"ДВЕРЬ.РФ", "xn--b1ade8b6c.xn--p1ai"},
        {"київ.укр", "xn--b1alf1j.xn--j1amh"},
        {"παράδειγμα.δοκιμή", "xn--hxajbheg2az3al.xn--jxalpdlp"},
        {"例子.测试", "xn--fsqu00a.xn--0zwm56d"},
        {"a-ü-b.c", "xn--a--b-1ra.c"},
        {"é.é.", "xn--9ca.xn--9ca."}};
    for (const auto& [name, form] : rows) {
        EXPECT_EQ(to_ascii_name(name), form) << name;
    }
}

TEST(Idna, GivesNothingWhereItIsNotSure) {
    const std::string long_label = "\u00fc" + std::string(63, 'a');
    for (const std::string name :
         {"", "host.example", "straße.example", "bu\u0308cher", "ｈｏｓｔ", "a。b", "ho\u200bst",
          "נמל", "ς", "\u00fc-", "-\u00fc", "\xff"}) {
        EXPECT_EQ(to_ascii_name(name), std::nullopt) << name;
    }
    EXPECT_EQ(to_ascii_name(long_label), std::nullopt);
}

} // namespace
} // namespace common
