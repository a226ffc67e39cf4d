#include "agent/cli/screen.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

namespace {

using agent::Colour;
using agent::Screen;
using agent::screen_of;
using agent::Tone;

/// A terminal of its own, and the environment that a screen is read from.
class ScreenTest : public testing::Test {
  protected:
    ScreenTest() {
        for (const auto* name : {"COLUMNS", "NO_COLOR"}) {
            ::unsetenv(name);
        }
        ::setenv("TERM", "xterm", 1);
    }
    ~ScreenTest() override {
        ::close(terminal_);
        ::close(controller_);
    }
    void open(unsigned short width) {
        const winsize size{24, width, 0, 0};
        ASSERT_EQ(::openpty(&controller_, &terminal_, nullptr, nullptr, &size), 0);
    }

    int terminal_ = -1;

  private:
    int controller_ = -1;
};

TEST_F(ScreenTest, IsAsWideAsTheTerminal) {
    open(132);
    EXPECT_EQ(screen_of(terminal_, Colour::automatic).width, 132U);
    ::setenv("COLUMNS", "40", 1);
    EXPECT_EQ(screen_of(terminal_, Colour::automatic).width, 40U);
    for (const auto* bad : {"0", "", "wide", "40x", "-3"}) {
        ::setenv("COLUMNS", bad, 1);
        EXPECT_EQ(screen_of(terminal_, Colour::automatic).width, 132U) << bad;
    }
}

TEST_F(ScreenTest, IsOfTheUsualWidthWhereTheTerminalDoesNotSay) {
    open(0);
    EXPECT_EQ(screen_of(terminal_, Colour::automatic).width, 80U);
}

TEST_F(ScreenTest, HasNoWidthAndNoColoursOnAPipe) {
    ::setenv("COLUMNS", "40", 1);
    int ends[2]{};
    ASSERT_EQ(::pipe(ends), 0);
    const auto screen = screen_of(ends[1], Colour::automatic);
    EXPECT_EQ(screen.width, std::nullopt);
    EXPECT_FALSE(screen.colour);
    EXPECT_TRUE(screen_of(ends[1], Colour::always).colour);
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST_F(ScreenTest, HasColoursUnlessSomebodyDoesNotWantThem) {
    open(80);
    EXPECT_TRUE(screen_of(terminal_, Colour::automatic).colour);
    EXPECT_FALSE(screen_of(terminal_, Colour::never).colour);
    ::setenv("NO_COLOR", "", 1); // no-color.org: only when it is not empty
    EXPECT_TRUE(screen_of(terminal_, Colour::automatic).colour);
    ::setenv("NO_COLOR", "1", 1);
    EXPECT_FALSE(screen_of(terminal_, Colour::automatic).colour);
    EXPECT_TRUE(screen_of(terminal_, Colour::always).colour);
    ::unsetenv("NO_COLOR");
    ::setenv("TERM", "dumb", 1);
    EXPECT_FALSE(screen_of(terminal_, Colour::automatic).colour);
}

TEST_F(ScreenTest, WrapsAParagraphBelowItsOwnBeginning) {
    EXPECT_EQ(agent::paragraph("note  ", "one two three four", {22, false}),
              "note  one two three\n      four\n");
    EXPECT_EQ(agent::paragraph("note  ", "one two three four", {}), "note  one two three four\n");
    EXPECT_EQ(agent::paragraph("beginning of a title: ", "one two three four", {40, false}),
              "beginning of a title: \n  one two three four\n")
        << "not into the right half";
    EXPECT_EQ(agent::paragraph("a long beginning  ", "one two three four", {20, false}),
              "a long beginning  \n  one two three four\n");
}

TEST_F(ScreenTest, WritesTones) {
    const Screen colours{std::nullopt, true};
    EXPECT_EQ(agent::toned("x", Tone::bad, colours), "\x1b[31mx\x1b[0m");
    EXPECT_EQ(agent::toned("x", Tone::plain, colours), "x");
    EXPECT_EQ(agent::toned("", Tone::bad, colours), "");
    EXPECT_EQ(agent::toned("x", Tone::bad, {}), "x");
}

} // namespace
