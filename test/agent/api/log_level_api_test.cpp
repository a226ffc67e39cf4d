#include "test/agent/api/api_fixture.hpp"

#include "common/base/log.hpp"

namespace test {
namespace {

namespace log = common::log;

/// The level is that of the whole process: it is set back.
class LogLevelApiTest : public Api {
  protected:
    ~LogLevelApiTest() override { log::set_level(before_); }
    std::string put(const std::string& body, unsigned status = 400) {
        return problem_of(call("PUT", "/v1/log-level", body), status);
    }

  private:
    log::Level before_ = log::level();
};

TEST_F(LogLevelApiTest, ShowsAndSetsWhatIsLogged) {
    log::set_level(log::Level::info);
    EXPECT_EQ(get("/v1/log-level"), (Json{{"level", "info"}, {"configured", "info"}}));
    for (const auto* level : {"debug", "error", "warn", "info", "info"}) {
        const auto reply = call("PUT", "/v1/log-level", Json{{"level", level}}.dump());
        EXPECT_EQ(reply.status, 200U) << reply.body;
        EXPECT_EQ(Json::parse(reply.body), (Json{{"level", level}, {"configured", "info"}}));
        EXPECT_EQ(log::to_string(log::level()), level);
        EXPECT_EQ(get("/v1/log-level")["level"], level);
    }
}

TEST_F(LogLevelApiTest, RefusesWhatIsNoLevelAndChangesNothing) {
    log::set_level(log::Level::warn);
    const std::string levels = "expected one of: error, warn, info, debug";
    const std::string object = R"(expected an object such as {"level":"debug"})";
    const struct {
        const char* body;
        std::string says;
    } table[] = {
        {R"({"level":"trace"})", R"(level = "trace": )" + levels},
        {R"({"level":"Debug"})", R"(level = "Debug": )" + levels},
        {R"({"level":3})", "level = 3: " + levels},
        {R"({"level":null})", "level = null: " + levels},
        {R"({})", "body = {}: " + object},
        {R"({"level":"debug","for":"1h"})", R"(body = {"for":"1h","level":"debug"}: )" + object},
        {R"("debug")", R"(body = "debug": )" + object},
    };
    for (const auto& [body, says] : table) {
        EXPECT_EQ(put(body), says);
    }
    put("");
    put("{");
    EXPECT_EQ(log::level(), log::Level::warn);
}

TEST_F(LogLevelApiTest, IsNotForTcpWithoutAToken) {
    EXPECT_EQ(call(tcp_request("GET", "/v1/log-level")).status, 403U);
    EXPECT_EQ(call(tcp_request("PUT", "/v1/log-level")).status, 403U);
    EXPECT_EQ(call("DELETE", "/v1/log-level").status, 405U);
}

} // namespace
} // namespace test
