// What a failed request says that it failed in: metrics count attempts by it.
#include "test/common/http_client/client_fixture.hpp"
#include "test/support/certificates.hpp"
#include "test/support/scripted_server.hpp"

namespace test {
namespace {

using common::Cause;

struct FailureCauseTest : ClientTest {
    Cause cause_of(common::HttpRequest request) {
        const auto reply = send(std::move(request));
        EXPECT_FALSE(reply);
        return reply ? Cause::other : reply.error().cause;
    }
};

TEST_F(FailureCauseTest, IsTheStepThatFailed) {
    common::ClientOptions options;
    options.denied = {*common::IpRange::parse("127.0.0.2/32")};
    options.lookup = names.lookup();
    make_client(std::move(options));
    auto denied = get("http://127.0.0.2:1/");
    denied.guarded = true;
    EXPECT_EQ(cause_of(std::move(denied)), Cause::denied);
    EXPECT_EQ(cause_of(get("http://nowhere.test/")), Cause::name);
    EXPECT_EQ(cause_of(get("http://127.0.0.1:1/")), Cause::connection);
    auto local = get("http://localhost/");
    local.unix_socket = "/nowhere/agent.sock";
    EXPECT_EQ(cause_of(std::move(local)), Cause::connection);
}

TEST_F(FailureCauseTest, IsTheHandshakeWhereThePeerIsNotTrusted) {
    Certificates certificates;
    ScriptedServer server{[](const Seen&) {
                              return Answer{200, {}, ""};
                          },
                          0, server_files(certificates.self_signed())};
    auto request = get("https://127.0.0.1:" + std::to_string(server.port()) + "/");
    request.tls.ca_file = certificates.ca_file();
    EXPECT_EQ(cause_of(std::move(request)), Cause::tls);
}

TEST_F(FailureCauseTest, IsNothingOfThatWhereTheAnswerBreaksOff) {
    ScriptedServer rude{[](const Seen&) { return Answer{200, {}, "", Answer::Fault::close, ""}; }};
    EXPECT_EQ(cause_of(get(rude.url())), Cause::other);
}

} // namespace
} // namespace test
