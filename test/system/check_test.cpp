// `check` and `run` judge alike: what one refuses, the other does not call good, and what the
// running agent has in use is as it should be.
#include "common/sqlite/database.hpp"
#include "test/support/program.hpp"
#include "test/support/scripted_server.hpp"
#include "test/support/simulator.hpp"

#include <SQLiteCpp/Database.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <csignal>
#include <gtest/gtest.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Local = boost::asio::local::stream_protocol;

/// The lines of `check` that are not ok.
std::string bad_lines(const std::string& out) {
    std::string bad;
    for (std::size_t at = 0; at < out.size();) {
        const auto end = std::min(out.find('\n', at), out.size());
        const auto line = out.substr(at, end - at);
        bad += line.starts_with("ok") ? "" : line + "\n";
        at = end + 1;
    }
    return bad;
}

struct Refused {
    std::string name;
    test::Program::Sections sections;
    std::function<void(const test::TempFolder&)> prepare;
    int run;          ///< its exit code
    std::string says; ///< by check
};

void expect_both_refuse(const Refused& row) {
    SCOPED_TRACE(row.name);
    test::Program agent{test::with_local_webhooks(row.sections)};
    agent.folder().write("webhooks.json", "[]");
    row.prepare(agent.folder());
    const auto check = agent.cli({"check"});
    const auto run = agent.cli({"run"});
    EXPECT_EQ(run.code, row.run) << run.err;
    EXPECT_EQ(check.code, row.run == 78 ? 78 : 1) << check.out;
    const auto said = bad_lines(check.out);
    EXPECT_NE(said.find("fail  "), std::string::npos) << check.out;
    EXPECT_NE(said.find(row.says), std::string::npos) << said;
}

TEST(Check, NeverSaysOkWhereRunRefuses) {
    const auto folder_at = [](const char* name) {
        return [name](const test::TempFolder& at) { fs::create_directory(at.file(name)); };
    };
    const auto file_at = [](const char* name, std::string text = "x\n") {
        return [name, text](const test::TempFolder& at) { at.write(name, text); };
    };
    const auto nothing = [](const test::TempFolder&) {};
    test::ScriptedServer other{[](const test::Seen&) { return test::Answer{}; }};
    const auto port = other.url().substr(other.url().rfind(':') + 1);
    const auto address = "127.0.0.1:" + port.substr(0, port.find('/'));
    const test::TempFolder elsewhere;
    boost::asio::io_context loop;
    Local::acceptor listening{loop, Local::endpoint{elsewhere.file("a.sock")}};
    const std::string long_name(120, 's');
    const Refused rows[] = {
        {"socket is a file", {}, file_at("agent.sock"), 78, "agent.sock is not a socket"},
        {"socket is a folder", {}, folder_at("agent.sock"), 78, "agent.sock is a folder"},
        {"socket's path is too long",
         {{"ingest", {{"socket", long_name}}}},
         nothing,
         78,
         "bytes long -- choose a path of at most 107 bytes"},
        {"another listens on the socket",
         {{"ingest", {{"socket", elsewhere.file("a.sock")}}}},
         nothing,
         74,
         "a.sock is in use by another program"},
        {"the address is not ours",
         {{"ingest", {{"listen", "192.0.2.1:0"}, {"token_file", "token"}}}},
         file_at("token"),
         74,
         "192.0.2.1:0 is not an address of this device"},
        {"IPv6 address is not ours",
         {{"ingest", {{"listen", "[2001:db8::1]:0"}, {"token_file", "token"}}}},
         file_at("token"),
         74,
         "[2001:db8::1]:0 "},
        {"the port is in use",
         {{"ingest", {{"listen", address}}}},
         nothing,
         74,
         address + " is in use by another program"},
        {"the database is a folder",
         {},
         folder_at("agent.db"),
         74,
         "agent.db is not a regular file"},
        {"the lock is a folder",
         {},
         folder_at("agent.db-lock"),
         74,
         "agent.db-lock is not a regular file"},
        {"no folder for the database",
         {{"queue", {{"path", "none/agent.db"}}}},
         nothing,
         74,
         "none does not exist"},
        {"a file in the folder's place",
         {{"queue", {{"path", "token/agent.db"}}}},
         file_at("token"),
         74,
         "token is not a folder"},
        {"the token is a folder",
         {{"ingest", {{"token_file", "token"}}}},
         folder_at("token"),
         78,
         "token is a directory"},
        {"the token is UTF-16",
         {{"ingest", {{"token_file", "token"}}}},
         file_at("token", "\xff\xfex"),
         78,
         "the text is UTF-16"},
        {"a header is none",
         {{"webhook a", {{"headers_file", "headers"}}}},
         file_at("headers"),
         78,
         "expected Name: value"},
        {"the definitions are none",
         {},
         file_at("webhooks.json", "{}"),
         78,
         "not a list of webhooks"},
        {"the definitions are UTF-16",
         {},
         file_at("webhooks.json", "\xfe\xff"),
         78,
         "the text is UTF-16"},
        {"a newer database",
         {},
         [](const test::TempFolder& at) {
             const auto database =
                 common::Connection::open(at.file("agent.db"), common::Sync::full);
             (*database)->handle().exec("PRAGMA user_version = 99");
         },
         78,
         "version 99"},
    };
    for (const auto& row : rows) {
        expect_both_refuse(row);
    }
}

TEST(Check, TakesWhatTheRunningAgentUsesForGood) {
    test::Program agent{test::with_local_webhooks({})};
    agent.folder().write("webhooks.json", "[]");
    agent.start();
    const auto address = "127.0.0.1:" + std::to_string(agent.port());
    agent.configure(test::with_local_webhooks({{"ingest", {{"listen", address}}}}));
    const auto running = agent.cli({"check"});
    EXPECT_EQ(running.code, 0) << running.out;
    EXPECT_NE(running.out.find("listen = " + address + " is in use by process"), std::string::npos)
        << running.out;
    EXPECT_NE(running.out.find("agent.sock is in use by process"), std::string::npos)
        << running.out;

    test::Program second{test::with_local_webhooks({{"ingest", {{"listen", address}}}})};
    second.folder().write("webhooks.json", "[]");
    const auto other = second.cli({"check"});
    EXPECT_EQ(other.code, 1) << other.out;
    EXPECT_NE(other.out.find(address + " is in use by another program"), std::string::npos)
        << "by the agent of another queue\n"
        << other.out;
    agent.kill();
    EXPECT_TRUE(fs::exists(agent.folder().file("agent.sock")));
    const auto dead = agent.cli({"check"});
    EXPECT_EQ(dead.code, 0) << "its socket is left behind, and taken over\n" << dead.out;
    EXPECT_TRUE(fs::exists(agent.folder().file("agent.sock"))) << "check changes nothing";
    EXPECT_EQ(dead.out.find("in use by"), std::string::npos) << dead.out;
}

/// A faultless installation of the service's user "daemon", whose group may read the configuration
/// and use the socket.
class Installed : public testing::Test {
  protected:
    static constexpr unsigned daemon = 1; // user and group; fixed numbers of Debian
    static constexpr unsigned nobody = 65534;

    void SetUp() override {
        if (::geteuid() != 0 || !fs::exists("/usr/bin/setpriv")) {
            GTEST_SKIP() << "only root can act as other users";
        }
        agent_.folder().write("webhooks.json", "[]");
        agent_.folder().write("secret", "abc\n");
        own(agent_.folder().file("webhooks.json"), 0640);
        own(agent_.folder().file("secret"), 0600);
        own(agent_.ini(), 0640);
        own(fs::path{agent_.ini()}.parent_path(), 0750, daemon);
    }
    static void own(const std::string& path, unsigned mode, unsigned user = 0) {
        ASSERT_EQ(::chown(path.c_str(), user, daemon), 0);
        fs::permissions(path, static_cast<fs::perms>(mode));
    }
    test::Finished as(unsigned user, const std::string& groups, std::vector<std::string> args) {
        const auto number = std::to_string(user);
        std::vector<std::string> command{"/usr/bin/setpriv", "--reuid=" + number,
                                         "--regid=" + number, groups, FFL_BINARY};
        args.insert(args.end(), {"--config", agent_.ini()});
        command.insert(command.end(), args.begin(), args.end());
        return test::run_program(command);
    }
    test::Finished as_member(std::vector<std::string> args) {
        return as(nobody, "--groups=" + std::to_string(daemon), std::move(args));
    }
    test::Finished as_stranger(std::vector<std::string> args) {
        return as(nobody, "--clear-groups", std::move(args));
    }
    test::Program agent_{test::with_local_webhooks({{"ingest", {{"token_file", "secret"}}}})};
};

TEST_F(Installed, AMemberOfTheGroupFindsNoFault) {
    // /tmp is everyone's, and what was built may not be.
    if (as_member({"--version"}).code != 0) {
        GTEST_SKIP() << "others cannot run " << FFL_BINARY;
    }
    const auto before = as_member({"check"});
    EXPECT_EQ(before.code, 0) << before.out << before.err;
    EXPECT_EQ(before.out.find("fail"), std::string::npos) << before.out;
    for (const auto* says : {"warn  checked as nobody, and the service runs as daemon",
                             "cannot open ", "Permission denied", "run it with sudo -u daemon"}) {
        EXPECT_NE(before.out.find(says), std::string::npos) << says << " in\n" << before.out;
    }
    agent_.start();
    own(agent_.folder().file("agent.sock"), 0660, daemon);
    own(agent_.database(), 0640, daemon);
    const auto running = as_member({"check"});
    EXPECT_EQ(running.code, 0) << running.out << running.err;
    EXPECT_EQ(as_member({"status"}).code, 0);
}

TEST_F(Installed, TheServiceIsToldWhatItMayNotRead) {
    if (as_member({"--version"}).code != 0) {
        GTEST_SKIP() << "others cannot run " << FFL_BINARY;
    }
    const auto secret = agent_.folder().file("secret");
    const auto check = as(daemon, "--clear-groups", {"check"});
    EXPECT_EQ(check.code, 78) << check.out;
    EXPECT_NE(check.out.find("Permission denied; let daemon read it: chgrp daemon " + secret +
                             " && chmod 640 " + secret),
              std::string::npos)
        << check.out;
    own(secret, 0640);
    EXPECT_EQ(as(daemon, "--clear-groups", {"check"}).code, 0);
}

TEST_F(Installed, WithoutThePasswordNoLoginIsTried) {
    if (as_member({"--version"}).code != 0) {
        GTEST_SKIP() << "others cannot run " << FFL_BINARY;
    }
    test::Simulator lite;
    agent_.configure(
        {{"server", {{"url", lite.url()}, {"username", "device"}, {"password_file", "secret"}}}});
    const auto check = as_member({"check", "--online"});
    EXPECT_EQ(check.code, 0) << check.out;
    EXPECT_NE(check.out.find("the login, as the password cannot be read -- run it with sudo -u"),
              std::string::npos)
        << check.out;
    EXPECT_EQ(lite.logins(), 0U) << check.out;
}

TEST_F(Installed, AStrangerIsToldTheWayIn) {
    if (as_stranger({"--version"}).code != 0) {
        GTEST_SKIP() << "others cannot run " << FFL_BINARY;
    }
    const std::string way =
        "run it with sudo, or join the group daemon (sudo adduser nobody daemon, "
        "then log in again)";
    for (const auto* command : {"status", "check", "sync"}) {
        const auto done = as_stranger({command});
        EXPECT_NE((done.out + done.err).find("Permission denied; " + way), std::string::npos)
            << command << ": " << done.out << done.err;
    }
    // The INI may be read, the socket not used.
    agent_.start();
    own(agent_.folder().file("agent.sock"), 0660, daemon);
    own(agent_.ini(), 0644);
    own(fs::path{agent_.ini()}.parent_path(), 0755, daemon);
    for (const auto* command : {"status", "sync"}) {
        const auto done = as_stranger({command});
        EXPECT_EQ(done.code, 77) << done.err;
        EXPECT_NE(done.err.find("nobody may not use the agent's socket"), std::string::npos)
            << done.err;
        EXPECT_NE(done.err.find(way), std::string::npos) << done.err;
        EXPECT_EQ(done.err.find("does not answer"), std::string::npos) << done.err;
    }
    const auto list = as_stranger({"queue", "list"});
    EXPECT_EQ(list.code, 77) << list.err;
    EXPECT_NE(list.err.find(way), std::string::npos) << list.err;
}

TEST_F(Installed, AStrangerIsNotToldToStopTheRunningAgent) {
    if (as_stranger({"--version"}).code != 0) {
        GTEST_SKIP() << "others cannot run " << FFL_BINARY;
    }
    agent_.start();
    const auto address = "127.0.0.1:" + std::to_string(agent_.port());
    agent_.configure(test::with_local_webhooks({{"ingest", {{"listen", address}}}}));
    own(agent_.ini(), 0644);
    own(agent_.folder().file("webhooks.json"), 0644);
    own(agent_.database() + "-lock", 0640, daemon);
    own(fs::path{agent_.ini()}.parent_path(), 0755, daemon);
    const auto check = as_stranger({"check"});
    EXPECT_NE(check.out.find("warn  [ingest] listen = " + address +
                             " is in use by an agent; nobody may not see whether it runs on "
                             "this queue -- run it with sudo"),
              std::string::npos)
        << check.out;
    EXPECT_EQ(check.out.find("another program"), std::string::npos) << check.out;
}

} // namespace
