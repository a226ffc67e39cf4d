#include "common/base/log.hpp"
#include "test/support/journal_socket.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <gtest/gtest.h>
#include <set>
#include <sstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

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
                      {"turned", "\u202e"},
                      {"bytes", "\xff"},
                      {"nul", std::string(1, '\0')},
                      {"format", "{} %s"}});
    });
    EXPECT_EQ(text,
              "<6>info a\\nb key=\"1\\n<0>emerg forged\" r=\"\\r\\t\" esc=\"\\x1b[2J\\u007f\" "
              "c1=\"\\u009b\" turned=\"\\u202e\" bytes=\"\\xff\" nul=\"\\x00\" format=\"{} %s\"\n");
}

/// A child whose stderr nobody reads until `read_all` is told to.
TEST(Log, ALogThatNobodyReadsNeverBlocksAndIsTold) {
    std::array<int, 2> log{}, told{}, go{};
    for (auto* ends : {&log, &told, &go}) {
        ASSERT_EQ(::pipe(ends->data()), 0);
    }
    constexpr int lines = 3'000; // a pipe holds 64 KiB
    const std::string text(500, 'x');
    const auto child = ::fork();
    if (child == 0) {
        ::alarm(20); // a blocked write ends here
        ::dup2(log[1], STDERR_FILENO);
        ::setenv("JOURNAL_STREAM", "8:1", 1);
        for (int i = 0; i < lines; ++i) {
            info(text, {{"i", i}});
        }
        char byte = 'r';
        (void)!::write(told[1], &byte, 1);
        (void)!::read(go[0], &byte, 1);
        info("drained");
        ::_exit(0);
    }
    ::close(log[1]);
    char byte = 0;
    ASSERT_EQ(::read(told[0], &byte, 1), 1) << "all lines came back without a reader";
    std::string got;
    std::array<char, 65536> buffer{};
    // What is in the pipe by now; the child waits.
    const auto first = ::read(log[0], buffer.data(), buffer.size());
    ASSERT_GT(first, 0);
    got.append(buffer.data(), static_cast<std::size_t>(first));
    ASSERT_EQ(::write(go[1], &byte, 1), 1);
    for (ssize_t more = 0; (more = ::read(log[0], buffer.data(), buffer.size())) > 0;) {
        got.append(buffer.data(), static_cast<std::size_t>(more));
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    std::istringstream all{got};
    int whole = 0;
    std::string last, before;
    for (std::string line; std::getline(all, line);) {
        whole += line.starts_with("<6>info " + text + " i=" + std::to_string(whole)) ? 1 : 0;
        before = std::exchange(last, line);
    }
    EXPECT_EQ(last, "<6>info drained");
    EXPECT_EQ(before, "<4>warn " + std::to_string(lines - whole) +
                          " lines of the log were dropped, because nobody read them");
    EXPECT_GT(whole, 100);
    for (auto* ends : {&log, &told, &go}) {
        ::close((*ends)[0]);
    }
}

TEST(Log, WritesLinesThatAreLongerThanAPipeTakesAtOnce) {
    const std::string value(20'000, 'v');
    EXPECT_EQ(written("8:1",
                      [&] {
                          info("long", {{"value", value}});
                      }),
              "<6>info long value=" + value + "\n");
}

/// A socket as journald has it, and a stderr that $JOURNAL_STREAM names.
class LogToJournal : public testing::Test {
  protected:
    static void names_stderr() {
        struct stat found {};
        ::fstat(STDERR_FILENO, &found);
        const auto name = std::to_string(found.st_dev) + ":" + std::to_string(found.st_ino);
        ::setenv("JOURNAL_STREAM", name.c_str(), 1);
    }

    test::JournalSocket journal_;
};

TEST_F(LogToJournal, SendsTheLineWithItsFieldsAndNothingToStderr) {
    const auto said = written("1:1", [&] {
        names_stderr();
        set_level(Level::debug);
        use_journal(journal_.path());
        warn("the target fails", {{"webhook", "7"},
                                  {"name", "front door"},
                                  {"delivery", 118095873L},
                                  {"event", "a\n=b"},
                                  {"last_error", "503"}});
        error("e");
        info("i");
        debug("d");
    });
    EXPECT_EQ(said, "");
    const std::string length{"\4\0\0\0\0\0\0\0", 8};
    EXPECT_EQ(journal_.next(),
              "MESSAGE=warn the target fails webhook=7 name=\"front door\" delivery=118095873 "
              "event=\"a\\n=b\" last_error=503\nPRIORITY=4\nSYSLOG_IDENTIFIER=ffl-agent\n"
              "WEBHOOK=7\nFFL_NAME=front door\nDELIVERY=118095873\nEVENT\n" +
                  length + "a\n=b\nFFL_LAST_ERROR=503\n");
    for (const std::string line :
         {"error e\nPRIORITY=3", "info i\nPRIORITY=6", "debug d\nPRIORITY=7"}) {
        EXPECT_EQ(journal_.next(), "MESSAGE=" + line + "\nSYSLOG_IDENTIFIER=ffl-agent\n");
    }
    EXPECT_EQ(journal_.next(), "nothing");
}

TEST_F(LogToJournal, WritesToStderrWhereJournaldDoesNotReadIt) {
    for (const char* stream : {"1:1", static_cast<const char*>(nullptr)}) {
        const auto said = written(stream, [&] {
            use_journal(journal_.path());
            info("m", {{"webhook", "7"}});
        });
        EXPECT_TRUE(
            said.ends_with(stream == nullptr ? "Z info m webhook=7\n" : "<6>info m webhook=7\n"))
            << said;
    }
    EXPECT_EQ(journal_.next(), "nothing");
}

TEST_F(LogToJournal, WritesALineToStderrThatTheSocketDoesNotTake) {
    const std::string most(500'000, 'x');
    const auto said = written("1:1", [&] {
        ::fcntl(STDERR_FILENO, F_SETPIPE_SZ, 1 << 20); // so that it can be written at once
        names_stderr();
        use_journal(journal_.path());
        info("too long", {{"value", most}});
        info("short");
    });
    EXPECT_TRUE(said == "<6>info too long value=" + most + "\n") << said.size();
    EXPECT_TRUE(journal_.next().starts_with("MESSAGE=info short\n"));
    EXPECT_EQ(journal_.next(), "nothing");
    const auto absent = written("1:1", [&] {
        names_stderr();
        use_journal(journal_.path() + ".absent");
        info("m", {{"webhook", "7"}});
    });
    EXPECT_EQ(absent, "<6>info m webhook=7\n");
}

TEST_F(LogToJournal, LosesNothingAndWritesNothingTwiceWhenNobodyReads) {
    constexpr int lines = 1'000; // a queue of datagrams has room for less
    const auto said = written("1:1", [&] {
        ::alarm(20); // a call that waits ends here
        names_stderr();
        use_journal(journal_.path());
        for (int i = 0; i < lines; ++i) {
            info("m", {{"i", i}});
        }
    });
    std::multiset<std::string> found;
    for (auto entry = journal_.next(); entry != "nothing"; entry = journal_.next()) {
        found.insert(entry.substr(0, entry.find('\n')).substr(std::strlen("MESSAGE=info m i=")));
    }
    EXPECT_FALSE(found.empty());
    std::istringstream all{said};
    for (std::string line; std::getline(all, line);) {
        found.insert(line.substr(std::strlen("<6>info m i=")));
    }
    EXPECT_EQ(found.size(), static_cast<std::size_t>(lines));
    for (int i = 0; i < lines; ++i) {
        EXPECT_EQ(found.count(std::to_string(i)), 1U) << i;
    }
}

TEST_F(LogToJournal, TellsWhatWasDroppedOnStderrAsSoonAsJournaldTakesLinesAgain) {
    std::array<int, 2> told{}, go{};
    ASSERT_EQ(::pipe(told.data()), 0);
    ASSERT_EQ(::pipe(go.data()), 0);
    std::array<int, 2> log{};
    ASSERT_EQ(::pipe(log.data()), 0);
    const auto child = ::fork();
    if (child == 0) {
        ::alarm(20);
        ::dup2(log[1], STDERR_FILENO);
        names_stderr();
        use_journal(journal_.path());
        for (int i = 0; i < 5'000; ++i) { // fills the socket, then the pipe
            info(std::string(500, 'x'));
        }
        char byte = 'r';
        (void)!::write(told[1], &byte, 1);
        (void)!::read(go[0], &byte, 1);
        info("read again");
        ::_exit(0);
    }
    ::close(log[1]);
    char byte = 0;
    ASSERT_EQ(::read(told[0], &byte, 1), 1);
    while (journal_.next() != "nothing") {
    }
    std::string got;
    std::array<char, 65536> buffer{};
    const auto first = ::read(log[0], buffer.data(), buffer.size());
    ASSERT_GT(first, 0);
    ASSERT_EQ(::write(go[1], &byte, 1), 1);
    for (ssize_t more = 0; (more = ::read(log[0], buffer.data(), buffer.size())) > 0;) {
        got.append(buffer.data(), static_cast<std::size_t>(more));
    }
    ::waitpid(child, nullptr, 0);
    EXPECT_TRUE(journal_.next().starts_with("MESSAGE=info read again\n"));
    EXPECT_TRUE(got.ends_with(" lines of the log were dropped, because nobody read them\n"))
        << got.substr(got.size() > 200 ? got.size() - 200 : 0);
    for (const int end : {told[0], told[1], go[0], go[1], log[0]}) {
        ::close(end);
    }
}

} // namespace
} // namespace common::log
