// What the supervisor hears while deliveries make progress, and when they do not.
#include "agent/service/watchdog.hpp"

#include "test/agent/delivery/dispatch_fixture.hpp"

#include <cstdlib>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace test {
namespace {

/// The supervisor's end of $NOTIFY_SOCKET.
class Supervisor {
  public:
    explicit Supervisor(const std::string& path)
        : descriptor_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)} {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        EXPECT_EQ(::bind(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
        ::setenv("WATCHDOG_USEC", "20000000", 1);
    }
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;
    ~Supervisor() {
        ::unsetenv("NOTIFY_SOCKET");
        ::unsetenv("WATCHDOG_USEC");
        ::close(descriptor_);
    }
    /// What it has heard since the last call.
    std::vector<std::string> heard() {
        std::vector<std::string> lines;
        char buffer[4096];
        for (;;) {
            const auto size = ::recv(descriptor_, buffer, sizeof buffer, 0);
            if (size < 0) {
                return lines;
            }
            lines.emplace_back(buffer, static_cast<std::size_t>(size));
        }
    }

  private:
    int descriptor_;
};

struct WatchdogTest : Dispatching {
    void start_watched(std::vector<agent::Definition> webhooks) {
        start(std::move(webhooks));
        watchdog.emplace(clock, parts->database, parts->queue, parts->dispatcher, parts->cache,
                         config, systemd);
        parts->others.spawn("watchdog", watchdog->run());
        parts->others.spawn("repairs", watchdog->run_beside_repairs());
        clock.settle();
    }
    /// How often the supervisor hears within `span` that all is well: it should every 10 s.
    [[nodiscard]] std::size_t signals_in(seconds span) {
        supervisor.heard();
        std::size_t count = 0;
        // In small steps: a socket holds only a few messages.
        for (seconds passed{0}; passed < span; passed += seconds{10}) {
            advance(seconds{10});
            const auto lines = supervisor.heard();
            count += static_cast<std::size_t>(std::count(lines.begin(), lines.end(), "WATCHDOG=1"));
        }
        return count;
    }

    std::vector<agent::Definition> one{webhook("1", "http://a.example/hook")};
    Supervisor supervisor{folder.file("notify")};
    common::SystemdNotifier systemd;
    std::optional<agent::Watchdog> watchdog;
    // retry.max + twice the time-out + a minute
    static constexpr seconds patience{100 + 2 * 10 + 60};
};

TEST_F(WatchdogTest, SignalsWhileThereIsNothingToDo) {
    start_watched(one);
    EXPECT_EQ(signals_in(seconds{600}), 60U);
}

TEST_F(WatchdogTest, SignalsWhileATargetIsUnreachable) {
    targets[a] = refuse;
    start_watched(one);
    add({"1"}, 100);
    EXPECT_EQ(signals_in(seconds{3'600}), 360U);
}

TEST_F(WatchdogTest, StopsWhenHeldDeliveriesMakeNoProgress) {
    targets[a] = hang;
    start_watched(one);
    add({"1"}, 10);
    ASSERT_GT(lane(a).held, 0U);
    EXPECT_EQ(signals_in(patience - seconds{20}), 16U);
    EXPECT_LE(signals_in(seconds{30}), 2U);
    EXPECT_EQ(signals_in(seconds{300}), 0U);
}

TEST_F(WatchdogTest, StopsWhenAttemptsNeverEndThoughNothingIsHeld) {
    targets[a] = hang;
    start_watched(one);
    add({"1"});
    ASSERT_EQ(lane(a).held, 0U);
    ASSERT_EQ(lane(a).in_flight, 1U);
    EXPECT_EQ(signals_in(patience - seconds{20}), 16U);
    EXPECT_LE(signals_in(seconds{30}), 2U);
    EXPECT_EQ(signals_in(seconds{300}), 0U);
}

TEST_F(WatchdogTest, SignalsAgainOnceThereIsProgress) {
    targets[a] = hang;
    start_watched(one);
    add({"1"});
    EXPECT_GT(signals_in(patience + seconds{60}), 0U);
    EXPECT_EQ(signals_in(seconds{60}), 0U);
    http.release(FakeHttp::status(200));
    clock.settle();
    EXPECT_EQ(signals_in(seconds{60}), 6U);
}

TEST_F(WatchdogTest, ALongTimeOutIsNoStandstill) {
    agent::WebhookOverride slow;
    slow.glob = "w*";
    slow.timeout = seconds{300};
    config.overrides.push_back(slow);
    targets[a] = hang;
    start_watched(one);
    add({"1"});
    EXPECT_EQ(signals_in(seconds{600}), 60U);
    EXPECT_LE(signals_in(seconds{300}), 17U);
    EXPECT_EQ(signals_in(seconds{60}), 0U);
}

TEST_F(WatchdogTest, SendsItsStatusWhenItChanges) {
    targets[a] = hang;
    start_watched(one);
    const auto first = supervisor.heard();
    EXPECT_EQ(
        std::count(first.begin(), first.end(), "STATUS=serving 1 webhook, 0 deliveries waiting"),
        1);
    add({"1"});
    advance(seconds{30});
    const auto second = supervisor.heard();
    EXPECT_EQ(
        std::count(second.begin(), second.end(), "STATUS=serving 1 webhook, 1 delivery waiting"),
        1);
    EXPECT_EQ(second.size(), 4U) << "and three times WATCHDOG=1";
    watchdog->show_verdict([] { return std::string{"fail: 1 of 1 webhook fails"}; });
    EXPECT_EQ(watchdog->status(),
              "serving 1 webhook, 1 delivery waiting; fail: 1 of 1 webhook fails");
    advance(seconds{10});
    const auto third = supervisor.heard();
    EXPECT_EQ(std::count(third.begin(), third.end(), "STATUS=" + watchdog->status()), 1);
}

TEST_F(WatchdogTest, TextOfOthersIsNoCommandToTheSupervisor) {
    start_watched(one);
    supervisor.heard();
    watchdog->show_verdict([] { return std::string{"warn: webhook a\nMAINPID=1\x1b fails"}; });
    advance(seconds{10});
    const auto lines = supervisor.heard();
    EXPECT_EQ(std::count(lines.begin(), lines.end(),
                         "STATUS=serving 1 webhook, 0 deliveries waiting; warn: webhook "
                         "a\\nMAINPID=1\\x1b fails"),
              1);
}

TEST(WatchdogStatus, IsPlainEnglish) {
    struct Row {
        bool known;
        std::size_t serving;
        std::uint64_t pending;
        const char* text;
    };
    for (const auto& row : {
             Row{true, 0, 0, "serving 0 webhooks, 0 deliveries waiting"},
             Row{true, 1, 1, "serving 1 webhook, 1 delivery waiting"},
             Row{true, 2, 21, "serving 2 webhooks, 21 deliveries waiting"},
             Row{false, 0, 3, "waiting for the first list of webhooks"},
         }) {
        EXPECT_EQ(agent::status_text(row.known, row.serving, row.pending), row.text);
    }
}

} // namespace
} // namespace test
