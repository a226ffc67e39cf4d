#include "test/common/http_server/running_server.hpp"

namespace {

using common::http_server::Server;
using test::echo_of;
using test::RawClient;
using test::RunningServer;
using namespace std::chrono_literals;

TEST(Stop, ClosesIdleConnectionsAndRefusesNewOnes) {
    RunningServer server;
    auto idle = server.client();
    auto silent = server.client();
    EXPECT_EQ(echo_of(idle.ask(RawClient::get("/")))["path"], "/");
    server.stop(10s);
    EXPECT_TRUE(idle.closed());
    EXPECT_TRUE(silent.closed());
    EXPECT_THROW(server.client(), std::runtime_error);
}

TEST(Stop, LetsRequestsInProgressBeAnswered) {
    RunningServer server;
    auto running = server.client();
    running.send(RawClient::get("/slow") + RawClient::get("/never"));
    server.wait_for_handled(1);
    auto half = server.client();
    half.send(
        "POST /half HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    ASSERT_EQ(half.read()->status, 100U);
    auto stopped = server.begin_stop(60s);
    const auto late = half.ask("body");
    EXPECT_EQ(echo_of(late)["body"], "body");
    EXPECT_EQ(late->header("Connection"), "close");
    EXPECT_NE(stopped.wait_for(0s), std::future_status::ready);
    server.release();
    const auto reply = running.read();
    EXPECT_EQ(echo_of(reply)["path"], "/slow");
    EXPECT_EQ(reply->header("Connection"), "close");
    EXPECT_TRUE(running.closed());
    stopped.get();
    EXPECT_EQ(server.handled, 2U);
}

TEST(Stop, CancelsWhatIsNotDoneInTime) {
    RunningServer server;
    auto running = server.client();
    running.send(RawClient::get("/stuck"));
    server.wait_for_handled(1);
    auto half = server.client();
    half.send("GET / HT");
    testing::internal::CaptureStderr();
    server.stop(50ms);
    EXPECT_EQ(server.finished, 1U); // the handler was told to end
    EXPECT_TRUE(running.closed());
    EXPECT_TRUE(half.closed());
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

// The sanitizers would report a leak or a use after free.
TEST(Stop, LeavesNothingBehindWhenTheServerIsDestroyedWithoutIt) {
    for (const bool loop_goes_on : {true, false}) {
        SCOPED_TRACE(loop_goes_on);
        common::MemoryBudget memory{RunningServer::plenty, 0};
        common::asio::io_context loop{1};
        {
            Server server{loop.get_executor(), {}, memory, [](const common::Incoming&) {
                              return tl::unexpected{common::HttpReply{404, {}, {}}};
                          }};
            const auto port = server.listen("127.0.0.1:0", "", "").value();
            auto client = RawClient::tcp(port);
            client.send("GET / HT");
            loop.poll();
        }
        if (loop_goes_on) {
            loop.restart();
            loop.poll();
            EXPECT_EQ(loop.poll(), 0U);
        }
    }
}

} // namespace
