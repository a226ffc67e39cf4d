#include "agent/config/unmatched_globs.hpp"

#include "test/agent/config/config_fixture.hpp"

namespace agent {
namespace {

class UnmatchedGlobs : public ConfigFile {
  protected:
    Lines warnings(const std::string& ini, const Lines& server, const Lines& local = {}) {
        const auto loaded = load("[server]\nurl = http://ffl\nusername = a\npassword_file = "
                                 "password.txt\n" +
                                 ini);
        EXPECT_EQ(loaded.errors, Lines{});
        return unmatched_globs(loaded.config, server, local);
    }
};

TEST_F(UnmatchedGlobs, OfIncludeAndExcludeAreNamed) {
    const Lines server{"door 1", "gate"};
    EXPECT_EQ(warnings("", server), Lines{});
    EXPECT_EQ(warnings("", {}), Lines{});
    EXPECT_EQ(warnings("[webhooks]\ninclude = door*, g?te\nexclude = *1\n", server), Lines{});
    EXPECT_EQ(
        warnings("[webhooks]\ninclude = door* ; only doors\n", server),
        (Lines{"[webhooks] include: no webhook of the server has a name that matches \"door* ; "
               "only doors\"",
               "[webhooks] include and exclude leave none of the server's 2 webhooks to "
               "serve"}));
    EXPECT_EQ(warnings("[webhooks]\ninclude = door*, Gate, barrier\n", server),
              Lines{"[webhooks] include: no webhook of the server has a name that matches \"Gate\" "
                    "or \"barrier\""});
    EXPECT_EQ(warnings("[webhooks]\nexclude = test*\n", server),
              Lines{"[webhooks] exclude: no webhook of the server has a name that matches "
                    "\"test*\""});
    EXPECT_EQ(
        warnings("[webhooks]\nexclude = *\n", server),
        Lines{"[webhooks] include and exclude leave none of the server's 2 webhooks to serve"});
    EXPECT_EQ(warnings("[webhooks]\ninclude = local\n", {"door"}, {"local"}).size(), 2U)
        << "local definitions are served whatever include says";
}

TEST_F(UnmatchedGlobs, OfSectionsAreNamed) {
    const std::string door = "[webhook door*]\nmax_age = 1s\n";
    EXPECT_EQ(warnings(door, {"door 1"}), Lines{});
    EXPECT_EQ(warnings(door, {}, {"door 1"}), Lines{});
    EXPECT_EQ(warnings(door, {"Door 1"}),
              Lines{"[webhook door*]: no webhook has a name that matches, so it has no effect"});
    EXPECT_EQ(warnings(door + "[webhook door 1]\nmax_age = 2s\n[webhook *]\nmax_age = 3s\n",
                       {"door 1", "gate"}),
              Lines{"[webhook door 1]: an earlier section matches the same webhooks, so this one "
                    "has no effect"});
}

} // namespace
} // namespace agent
