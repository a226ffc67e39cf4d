// What the pool learns of peers that do not say whether they keep connections.
#include "common/http_client/pool.hpp"
#include "test/common/http_client/client_fixture.hpp"

using common::ClientConnection;
using test::ClientTest;
using test::SilentPeer;
using namespace std::chrono_literals;

namespace {

struct ConnectionPoolTest : ClientTest {
    using Kept = std::shared_ptr<ClientConnection>;

    ConnectionPoolTest() { server_ends.reserve(16); }
    ~ConnectionPoolTest() override {
        pool->clear(0, 0ms);
        for (const int end : server_ends) {
            ::close(end);
        }
    }

    /// A new connection to the peer, whose end of it is server_ends.back().
    Kept connect() {
        auto connection = std::make_shared<ClientConnection>(loop.get_executor());
        const auto address = *common::parse_address("127.0.0.1");
        EXPECT_FALSE(test::run(loop, connection->connect(address, get(peer.url()).url.port)));
        server_ends.push_back(::accept(peer.listener(), nullptr, nullptr));
        return connection;
    }
    void put_back(Kept connection, common::Instant at, bool reused = false,
                  const common::Headers& reply = {}) {
        pool->put_back("peer", std::move(connection), pool->generation(), reply, reused, at);
    }
    Kept acquire(common::Instant at) { return pool->acquire("peer", at); }

    /// The peer answers a second request on one of its connections, which then ends.
    void show_that_it_keeps(common::Instant at) {
        put_back(connect(), at, true);
        EXPECT_TRUE(acquire(at));
    }
    /// Whether a new connection is used again at once after its first answer.
    bool uses_new_ones_at_once(common::Instant at) {
        put_back(connect(), at);
        return acquire(at) != nullptr;
    }

    const SilentPeer peer;
    std::vector<int> server_ends;
    std::shared_ptr<common::ConnectionPool> pool =
        std::make_shared<common::ConnectionPool>(loop.get_executor(), 8, common::Millis{60'000});
    const common::Instant start = std::chrono::steady_clock::now();
};

} // namespace

TEST_F(ConnectionPoolTest, UsesAtOnceWhatThePeerAnnouncesToKeep) {
    put_back(connect(), start, false, {{"Connection", "keep-alive"}});
    EXPECT_TRUE(acquire(start));
    put_back(connect(), start, false, {{"Keep-Alive", "timeout=5"}});
    EXPECT_TRUE(acquire(start));
}

TEST_F(ConnectionPoolTest, UsesTheFirstThatStayedOpenOnTrialAndTheOthersLater) {
    const auto first = connect();
    put_back(first, start);
    put_back(connect(), start);
    put_back(connect(), start + 1ms);
    EXPECT_FALSE(acquire(start + 9ms));
    EXPECT_EQ(acquire(start + 10ms), first); // the one that has been open for longest
    EXPECT_FALSE(acquire(start + 11ms));
    EXPECT_FALSE(acquire(start + 99ms));
    EXPECT_TRUE(acquire(start + 100ms));
    EXPECT_FALSE(acquire(start + 100ms)); // and no second trial beside the first
    EXPECT_TRUE(acquire(start + 101ms));
}

TEST_F(ConnectionPoolTest, UsesAllAtOnceAfterASecondAnswerOnOne) {
    put_back(connect(), start);
    put_back(connect(), start);
    auto tried = acquire(start + 10ms);
    ASSERT_TRUE(tried);
    EXPECT_FALSE(acquire(start + 11ms));
    put_back(std::move(tried), start + 12ms, true);
    EXPECT_TRUE(acquire(start + 12ms));
    EXPECT_TRUE(acquire(start + 12ms));
    EXPECT_FALSE(acquire(start + 12ms));
}

TEST_F(ConnectionPoolTest, RemembersAPeerThatKeepsLongerThanItsConnections) {
    show_that_it_keeps(start);
    put_back(connect(), start);
    EXPECT_FALSE(acquire(start + 1h));
    EXPECT_TRUE(uses_new_ones_at_once(start + 1h));
}

TEST_F(ConnectionPoolTest, ForgetsPeersWithoutAConnectionWhenTheyAreMany) {
    show_that_it_keeps(start);
    for (int i = 0; i < 600; ++i) {
        const auto key = std::to_string(i);
        auto connection = std::make_shared<ClientConnection>(loop.get_executor());
        pool->put_back(key, std::move(connection), pool->generation(), {}, true, start);
        EXPECT_FALSE(pool->acquire(key, start + 1h));
    }
    EXPECT_FALSE(uses_new_ones_at_once(start));
}

TEST_F(ConnectionPoolTest, TriesNoneWhileThePeerClosesOthersBehindItsAnswer) {
    put_back(connect(), start);
    put_back(connect(), start);
    ::shutdown(server_ends.back(), SHUT_WR);
    EXPECT_FALSE(acquire(start + 10ms));
    EXPECT_FALSE(acquire(start + 99ms));
    EXPECT_TRUE(acquire(start + 100ms));
}

TEST_F(ConnectionPoolTest, LetsEachNewOneProveItselfAfterOneWasClosedBehindAnAnswer) {
    show_that_it_keeps(start);
    EXPECT_TRUE(uses_new_ones_at_once(start));
    put_back(connect(), start);
    ::shutdown(server_ends.back(), SHUT_WR);
    EXPECT_FALSE(acquire(start + 50ms));
    show_that_it_keeps(start + 1min);
    EXPECT_FALSE(uses_new_ones_at_once(start + 1min));
    EXPECT_TRUE(acquire(start + 1min + 100ms));
    EXPECT_TRUE(uses_new_ones_at_once(start + 11min));
}

TEST_F(ConnectionPoolTest, TakesNoOffenceWhenAPeerThatKeepsClosesWhatWasIdleForAWhile) {
    show_that_it_keeps(start);
    put_back(connect(), start);
    ::shutdown(server_ends.back(), SHUT_WR);
    EXPECT_FALSE(acquire(start + 400ms));
    EXPECT_TRUE(uses_new_ones_at_once(start + 400ms));
}

TEST_F(ConnectionPoolTest, TrustsNoOtherAfterOneBroke) {
    show_that_it_keeps(start);
    put_back(connect(), start);
    pool->note_break("peer", start);
    EXPECT_FALSE(acquire(start + 100ms)); // closed with the one that broke
    EXPECT_FALSE(uses_new_ones_at_once(start + 1s));
    EXPECT_FALSE(acquire(start + 1s + 99ms)); // no trial either
    EXPECT_TRUE(acquire(start + 1s + 100ms));
}
