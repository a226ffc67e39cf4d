// What a producer is told when its events cannot be stored.
#include "test/agent/api/api_fixture.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

namespace test {
namespace {

using IngestNotStored = Api;

constexpr const char* unstored_face = R"({"id":"f1","type":"face","camera":3})";

struct IngestWithoutDefinitions : Api {
    void SetUp() override { open({}, true); }
};

TEST_F(IngestWithoutDefinitions, SaysWhyAndWhenToTryAgain) {
    const auto reply = post(unstored_face);
    EXPECT_NE(problem_of(reply, 503).find("never been fetched"), std::string::npos);
    EXPECT_FALSE(header(reply, "Retry-After").empty());
    EXPECT_EQ(rejected(agent::RejectReason::no_definitions), 1U);

    auto replace = cache.replace_server_list({{"8", everything}});
    ASSERT_TRUE(run(loop, std::move(replace)));
    EXPECT_EQ(post(unstored_face).status, 202U);
}

TEST_F(IngestNotStored, SaysThatTheQueueIsFull) {
    config.queue.max_size = 512 * 1024;
    config.queue.min_free = 0;
    const std::string filler(16 * 1024, 'x');
    std::optional<common::HttpReply> full;
    std::uint64_t taken = 0;
    for (int i = 0; i < 200 && !full; ++i) {
        auto reply =
            post(R"({"type":"car","id":)" + std::to_string(i) + R"(,"filler":")" + filler + "\"}");
        if (reply.status != 202) {
            full = std::move(reply);
        } else {
            ++taken;
        }
    }
    ASSERT_TRUE(full);
    EXPECT_NE(problem_of(*full, 503).find("the queue is full"), std::string::npos);
    EXPECT_EQ(header(*full, "Retry-After"), "10");
    EXPECT_GT(taken, 0U);
    EXPECT_EQ(queue.stats().pending, taken);
    EXPECT_EQ(stats.events_accepted, taken);
    EXPECT_EQ(rejected(agent::RejectReason::queue_full), 1U);
    EXPECT_EQ(stats.webhooks["8"].matched, taken) << "what was refused matched nothing";
}

common::Task<common::Result<bool>> write_protect(common::Database& database, bool on) {
    auto work = [on](common::Connection& connection) {
        connection.handle().exec(on ? "PRAGMA query_only = 1" : "PRAGMA query_only = 0");
        return true;
    };
    return database.run(std::move(work));
}

TEST_F(IngestNotStored, SaysThatTheDatabaseCannotBeWritten) {
    ASSERT_TRUE(run(loop, write_protect(database, true)));
    const auto reply = post(unstored_face);
    EXPECT_TRUE(problem_of(reply, 503).starts_with("cannot write to the database (")) << reply.body;
    EXPECT_EQ(header(reply, "Retry-After"), "5");
    EXPECT_EQ(stats.events_accepted, 0U);
    EXPECT_TRUE(handed_on.empty());
}

} // namespace
} // namespace test
