#include "common/base/log.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace common::log {
namespace {

/// What a child process writes to stderr: the log reads its environment once, at the first line.
std::string written(const char* journal_stream, const std::function<void()>& what) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    const auto child = ::fork();
    if (child == 0) {
        ::dup2(ends[1], STDERR_FILENO);
        if (journal_stream != nullptr) {
            ::setenv("JOURNAL_STREAM", journal_stream, 1);
        } else {
            ::unsetenv("JOURNAL_STREAM");
        }
        what();
        ::_exit(0);
    }
    ::close(ends[1]);
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t got = 0; (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;) {
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return text;
}

TEST(Log, WritesThePriorityUnderJournald) {
    const auto text = written("8:1234", [] {
        set_level(Level::debug);
        error("one");
        warn("two", {{"key", "value"}});
        info("three", {{"n", 3}, {"m", -4L}, {"u", std::size_t{5}}});
        debug("four");
    });
    EXPECT_EQ(text,
              "<3>error one\n<4>warn two key=value\n<6>info three n=3 m=-4 u=5\n<7>debug four\n");
}

TEST(Log, WritesTheTimeElsewhere) {
    auto text = written(nullptr, [] { info("started", {{"port", "x"}}); });
    std::ranges::replace_if(
        text, [](char c) { return c >= '0' && c <= '9'; }, '0');
    EXPECT_EQ(text, "0000-00-00T00:00:00.000Z info started port=x\n");
}

TEST(Log, OmitsLinesBelowTheLevel) {
    const auto everything = [] {
        error("e");
        warn("w");
        info("i");
        debug("d");
    };
    EXPECT_EQ(written("1:1", everything), "<3>error e\n<4>warn w\n<6>info i\n")
        << "info until set_level() is called";
    EXPECT_EQ(written("1:1", [&] { set_level(Level::warn), everything(); }),
              "<3>error e\n<4>warn w\n");
    EXPECT_EQ(written("1:1", [&] { set_level(Level::error), everything(); }), "<3>error e\n");
}

TEST(Log, QuotesValuesThatNeedIt) {
    const auto text = written("1:1", [] {
        info("m", {{"a", "plain/text:1"},
                   {"b", "two words"},
                   {"c", ""},
                   {"d", "say \"hi\""},
                   {"e", "x=y"},
                   {"f", "c:\\"},
                   {"g", "\xd0\xb4"}});
    });
    EXPECT_EQ(text, "<6>info m a=plain/text:1 b=\"two words\" c=\"\" d=\"say \\\"hi\\\"\" "
                    "e=\"x=y\" f=\"c:\\\\\" g=\xd0\xb4\n");
}

TEST(Log, EscapesWhatCouldForgeALineOrControlATerminal) {
    const auto text = written("1:1", [] {
        info("a\nb", {{"key", "1\n<0>emerg forged"},
                      {"r", "\r\t"},
                      {"esc", "\x1b[2J\x7f"},
                      {"c1", "\xc2\x9b"},
                      {"nul", std::string(1, '\0')},
                      {"format", "{} %s"}});
    });
    EXPECT_EQ(text, "<6>info a\\nb key=\"1\\n<0>emerg forged\" r=\"\\r\\t\" esc=\"\\x1b[2J\\x7f\" "
                    "c1=\\x9b nul=\"\\x00\" format=\"{} %s\"\n");
}

} // namespace
} // namespace common::log
