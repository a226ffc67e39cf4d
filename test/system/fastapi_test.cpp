// A server made with FastAPI, which redirects a missing or superfluous slash and answers 403 to a
// stale token: the whole program against the framework itself.
#include "test/support/fastapi_server.hpp"
#include "test/support/program.hpp"
#include "test/support/receiver.hpp"

#include <gtest/gtest.h>

namespace {

using nlohmann::json;

class Fastapi : public testing::TestWithParam<bool> {
  protected:
    void SetUp() override {
        if (!test::FastapiServer::installed()) {
            GTEST_SKIP() << "needs python3-fastapi and python3-uvicorn (scripts/setup.sh)";
        }
    }
};

TEST_P(Fastapi, EverythingWorksWhateverItsSlashes) {
    test::FastapiServer server{GetParam()};
    test::Receiver receiver;
    test::Program agent{
        {{"server",
          {{"url", server.url()}, {"username", "device"}, {"password_file", "password"}}}}};
    agent.folder().write("password", "secret\n");
    const json definition{{"name", "door"}, {"target", receiver.url("/door")}};

    const auto created = agent.cli({"webhook", "create", "-", "--json"}, definition.dump());
    ASSERT_EQ(created.code, 0) << created.err;
    EXPECT_EQ(json::parse(created.out)["id"], 1);
    const auto updated =
        agent.cli({"webhook", "update", "1", "-", "--json"}, R"({"filters":{"camera_in":[3]}})");
    ASSERT_EQ(updated.code, 0) << updated.err;
    const auto shown = agent.cli({"webhook", "show", "1", "--json"});
    ASSERT_EQ(shown.code, 0) << shown.err;
    EXPECT_EQ(json::parse(shown.out)["filters"], (json{{"camera_in", {3}}}));
    const auto listed = agent.cli({"webhook", "list", "--json"});
    ASSERT_EQ(listed.code, 0) << listed.err;
    EXPECT_EQ(json::parse(listed.out).size(), 1U);
    EXPECT_EQ(agent.cli({"webhook", "show", "7"}).code, 65);
    const auto checked = agent.cli({"check", "--online"});
    EXPECT_EQ(checked.out.find("fail  server"), std::string::npos) << checked.out;

    agent.start();
    ASSERT_TRUE(agent.wait_until([](const json& status) { return status["webhooks"].size() == 1; }))
        << agent.log();
    EXPECT_EQ(agent.post("/v1/events", R"({"id":"a","camera":3})").status, 202U);
    EXPECT_TRUE(receiver.wait_for(1, std::chrono::seconds{20}));

    const int before = server.logins();
    server.revoke_tokens();
    ASSERT_EQ(agent.cli({"sync"}).code, 0) << agent.log();
    EXPECT_EQ(server.logins(), before + 1) << "one new login";

    const auto deleted = agent.cli({"webhook", "delete", "1"});
    ASSERT_EQ(deleted.code, 0) << deleted.err;
    const auto synced = agent.cli({"sync", "--json"});
    EXPECT_EQ(json::parse(synced.out)["removed"], (json{"1"})) << synced.err;
    EXPECT_EQ(agent.stop(), 0);
}

INSTANTIATE_TEST_SUITE_P(Habits, Fastapi, testing::Bool(), [](const auto& habit) {
    return habit.param ? "routes_with_slash" : "routes_without";
});

} // namespace
