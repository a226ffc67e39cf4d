#include "test/agent/api/api_fixture.hpp"

namespace test {

namespace {

/// Webhook 8 matches everything.
class IngestMemoryTest : public Api {
  protected:
    void SetUp() override {}
    void serve(const char* definition) { open({{"8", definition}}); }
};

std::string lines(std::string_view line, std::size_t count) {
    std::string body;
    for (std::size_t i = 0; i < count; ++i) {
        body.append(line).append("\n");
    }
    return body;
}

const common::Headers ndjson{{"Content-Type", "application/x-ndjson"}};

} // namespace

TEST_F(IngestMemoryTest, EventsThatMatchNothingTakeNextToNothing) {
    serve(faces);
    ASSERT_TRUE(memory.limit() > 0);
    memory.set_limit(64 * 1024, 0);
    const auto reply = post(lines("{}", 100'000), ndjson);
    EXPECT_EQ(reply.status, 202U) << reply.body;
    EXPECT_EQ(Json::parse(reply.body),
              (Json{{"accepted", 100'000}, {"duplicates", 0}, {"deliveries", 0}}));
    EXPECT_EQ(memory.used(), 0U);
}

TEST_F(IngestMemoryTest, TellsRepetitionsApartThatMatchNothing) {
    serve(faces);
    const auto first = post("[{\"id\":1},{\"id\":2},{\"id\":1}]");
    EXPECT_EQ(Json::parse(first.body),
              (Json{{"accepted", 3}, {"duplicates", 1}, {"deliveries", 0}}));
    const auto second = post("{\"id\":2}\n{\"id\":3}\n", ndjson);
    EXPECT_EQ(Json::parse(second.body),
              (Json{{"accepted", 2}, {"duplicates", 1}, {"deliveries", 0}}));
}

TEST_F(IngestMemoryTest, MoreEventsThanEverFitAreTooMany) {
    serve(everything);
    memory.set_limit(1024 * 1024, 0);
    const auto reply = post(lines("{}", 100'000), ndjson);
    EXPECT_NE(problem_of(reply, 413).find("send fewer in one request"), std::string::npos);
    EXPECT_EQ(memory.used(), 0U);
    EXPECT_EQ(queue.stats().pending, 0U) << "all or nothing";
    EXPECT_EQ(post(lines("{}", 100), ndjson).status, 202U);
}

TEST_F(IngestMemoryTest, WaitsForOthers) {
    serve(everything);
    common::MemoryBudget::Share others{memory};
    ASSERT_TRUE(others.resize(memory.limit() - 1000, common::MemoryBudget::Rank::trusted));
    const auto reply = post(lines("{}", 1'000), ndjson);
    EXPECT_NE(problem_of(reply, 503).find("memory"), std::string::npos);
    EXPECT_EQ(header(reply, "Retry-After"), "1");
    EXPECT_EQ(memory.refused(), 1U);
    others.release();
    EXPECT_EQ(post(lines("{}", 1'000), ndjson).status, 202U);
}

TEST_F(IngestMemoryTest, APageOfDeliveriesWaitsToo) {
    serve(everything);
    EXPECT_EQ(post("{}").status, 202U);
    common::MemoryBudget::Share others{memory};
    ASSERT_TRUE(others.resize(memory.limit() - 1000, common::MemoryBudget::Rank::trusted));
    problem_of(call("GET", "/v1/deliveries?bodies=1"), 503);
    others.release();
    EXPECT_EQ(get("/v1/deliveries?bodies=1")["deliveries"].size(), 1U);
}

} // namespace test
