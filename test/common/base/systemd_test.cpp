#include "common/base/systemd.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace common {
namespace {

/// systemd as a service sees it: a datagram socket and three variables.
class Supervisor : public testing::Test {
  protected:
    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "notify_test.XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder_ = name;
        clear();
    }
    void TearDown() override {
        clear();
        if (socket_ >= 0) {
            ::close(socket_);
        }
        std::filesystem::remove_all(folder_);
    }

    /// `name` is the value of NOTIFY_SOCKET.
    void listen(const std::string& name) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        ASSERT_LT(name.size(), sizeof address.sun_path);
        std::memcpy(address.sun_path, name.data(), name.size());
        if (name[0] == '@') {
            address.sun_path[0] = '\0';
        }
        socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
        const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
        ASSERT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), length), 0)
            << std::strerror(errno);
        ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    }
    /// The next datagram, or "nothing".
    [[nodiscard]] std::string received() const {
        std::array<char, 256> buffer{};
        const auto got = ::recv(socket_, buffer.data(), buffer.size(), 0);
        return got < 0 ? "nothing" : std::string{buffer.data(), static_cast<std::size_t>(got)};
    }
    static void clear() {
        for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) {
            ::unsetenv(name);
        }
    }

    std::filesystem::path folder_;
    int socket_ = -1;
};

TEST_F(Supervisor, ReceivesOneDatagramForEachState) {
    listen((folder_ / "notify").string());
    SystemdNotifier notify;
    notify.send("READY=1");
    notify.send("STATUS=3 webhooks\nWATCHDOG=1");
    EXPECT_EQ(received(), "READY=1");
    EXPECT_EQ(received(), "STATUS=3 webhooks\nWATCHDOG=1");
    EXPECT_EQ(received(), "nothing");
}

TEST_F(Supervisor, MayHaveAnAbstractSocket) {
    listen("@" + folder_.string() + "/abstract");
    SystemdNotifier{}.send("READY=1");
    EXPECT_EQ(received(), "READY=1");
}

TEST_F(Supervisor, MayBeAbsent) {
    SystemdNotifier{}.send("READY=1");
    for (const std::string& name : {std::string{}, std::string{"relative"},
                                    (folder_ / "gone").string(), "/" + std::string(200, 'x')}) {
        ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
        SystemdNotifier{}.send("READY=1");
    }
    // A path that is one byte too long must not be cut to one that fits.
    const auto longest = "/" + std::string(sizeof(sockaddr_un::sun_path) - 2, 'x');
    ::setenv("NOTIFY_SOCKET", (longest + "x").c_str(), 1);
    SystemdNotifier{}.send("READY=1");
    listen((folder_ / "notify").string());
    EXPECT_EQ(received(), "nothing");
}

TEST_F(Supervisor, SetsTheWatchdogPeriod) {
    EXPECT_EQ(SystemdNotifier{}.watchdog_period(), std::nullopt);
    ::setenv("WATCHDOG_USEC", "30000000", 1);
    EXPECT_EQ(SystemdNotifier{}.watchdog_period(), Millis{30'000});
    ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
    EXPECT_EQ(SystemdNotifier{}.watchdog_period(), Millis{30'000});
    ::setenv("WATCHDOG_PID", std::to_string(::getppid()).c_str(), 1);
    EXPECT_EQ(SystemdNotifier{}.watchdog_period(), std::nullopt) << "meant for another process";
    ::unsetenv("WATCHDOG_PID");
    for (const char* invalid : {"", "0", "-5", "soon", "5s"}) {
        ::setenv("WATCHDOG_USEC", invalid, 1);
        EXPECT_EQ(SystemdNotifier{}.watchdog_period(), std::nullopt) << invalid;
    }
    ::setenv("WATCHDOG_USEC", "10", 1);
    EXPECT_EQ(SystemdNotifier{}.watchdog_period(), Millis{1})
        << "never zero, which would make a timer spin";
}

TEST_F(Supervisor, NeverWaitsAndRepeatsWhatMustBeKnown) {
    listen((folder_ / "notify").string());
    SystemdNotifier notify;
    const auto begun = std::chrono::steady_clock::now();
    for (int i = 0; i < 2'000; ++i) {
        notify.send("WATCHDOG=1");
    }
    notify.send("READY=1");
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds{1})
        << "each call that waits takes a second";
    while (received() != "nothing") {
    }
    notify.send("STATUS=fine");
    EXPECT_EQ(received(), "READY=1\nSTATUS=fine");
    notify.send("WATCHDOG=1");
    EXPECT_EQ(received(), "WATCHDOG=1") << "said once";
}

TEST_F(Supervisor, IsToldAgainOnlyWhatWasAStateOfItsOwn) {
    listen((folder_ / "notify").string());
    SystemdNotifier notify;
    for (int i = 0; i < 2'000; ++i) {
        notify.send("WATCHDOG=1");
    }
    notify.send("STATUS=webhook STOPPING=1 waits\nX_READY=1\nREADY=10");
    while (received() != "nothing") {
    }
    notify.send("STATUS=fine");
    EXPECT_EQ(received(), "STATUS=fine");
}

} // namespace
} // namespace common
