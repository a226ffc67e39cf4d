// What the whole program says is wrong with it: in the status, on the command line and in numbers.
#include "test/support/certificates.hpp"
#include "test/support/definition.hpp"
#include "test/support/program.hpp"
#include "test/support/scripted_server.hpp"

#include <atomic>
#include <csignal>
#include <gtest/gtest.h>

namespace {

using nlohmann::json;
using test::Answer;
using test::definition;
using test::has;
using test::webhook_named;

json problem(const json& status, const std::string& part) {
    for (const auto& one : status["problems"]) {
        if (one["what"].get<std::string>().find(part) != std::string::npos) {
            return one;
        }
    }
    return {};
}

constexpr const char* any_face = R"({"type":"face"})";

TEST(Problems, OfATargetComeAndGoWithTheirVerdict) {
    std::atomic<unsigned> answers{503};
    test::ScriptedServer target{[&](const test::Seen&) { return Answer{answers.load(), {}, ""}; }};
    test::Program agent{{{"webhooks", {{"file", "webhooks.json"}}}}};
    agent.folder().write("webhooks.json",
                         json::array({definition("door", target.url() + "open?key=hush")}).dump());
    agent.start();
    // Whether this machine's clock is synchronised is not the test's to say.
    const bool synchronised = agent.status()["clock"]["synchronized"];
    const auto* const good = synchronised ? "ok" : "warn";
    EXPECT_EQ(agent.status()["verdict"], good) << agent.status().dump(2);
    EXPECT_EQ(agent.cli({"status", "--check"}).code, synchronised ? 0 : 1);
    EXPECT_EQ(agent.cli({"status"}).code, 0);

    ASSERT_EQ(agent.post("/v1/events", any_face).status, 202U);
    ASSERT_TRUE(agent.wait_until([](const json& status) { return status["verdict"] == "fail"; }));
    const auto status = agent.status();
    const auto found = problem(status, "\"door\" fails: 503 Service Unavailable; 1 delivery waits");
    EXPECT_EQ(found["level"], "fail") << status.dump(2);
    EXPECT_EQ(found["webhook"], "local:door");
    EXPECT_TRUE(found["since_s"].is_number());
    EXPECT_TRUE(webhook_named(status, "door")["oldest_s"].is_number()) << status.dump(2);
    EXPECT_EQ(webhook_named(status, "door")["last_success_s"], nullptr);
    EXPECT_FALSE(has(status.dump(), "hush"));
    EXPECT_TRUE(has(agent.get("/metrics").body, "\nffl_agent_problems{level=\"fail\"} 1\n"));
    const auto shown = agent.cli({"status", "--check"});
    EXPECT_EQ(shown.code, 2);
    EXPECT_TRUE(shown.out.starts_with("fail: 1 of 1 webhook fails; the oldest delivery waits "))
        << shown.out;
    EXPECT_TRUE(has(shown.out, "fix: see `ffl-agent queue list --webhook local:door`"))
        << shown.out;
    EXPECT_EQ(agent.cli({"status"}).code, 0) << "it could be asked";
    EXPECT_EQ(agent.cli({"status", "--json", "--check"}).code, 2);

    answers = 200;
    ASSERT_TRUE(agent.wait_until([&](const json& now) { return now["verdict"] == good; }));
    EXPECT_TRUE(webhook_named(agent.status(), "door")["last_success_s"].is_number());
    EXPECT_EQ(webhook_named(agent.status(), "door")["oldest_s"], nullptr);
    agent.stop();
    const auto gone = agent.cli({"status", "--check"});
    EXPECT_EQ(gone.code, 2);
    EXPECT_TRUE(gone.out.starts_with("fail: ")) << gone.out;
    const auto as_json = agent.cli({"status", "--check", "--json"});
    EXPECT_EQ(as_json.code, 2);
    EXPECT_EQ(as_json.out, "") << "no text where a program expects a document";
    EXPECT_TRUE(has(as_json.err, "does not answer")) << as_json.err;
    EXPECT_EQ(agent.cli({"status"}).code, 69);
}

TEST(Problems, OfAServerAndOfWebhooksThatAreNotServed) {
    test::ScriptedServer server{[](const test::Seen&) { return Answer{401, {}, ""}; }};
    test::Program agent{{{"webhooks", {{"file", "webhooks.json"}}},
                         {"server",
                          {{"url", "http://127.0.0.1:" + std::to_string(server.port())},
                           {"username", "door-7"},
                           {"password_file", "password"}}}}};
    agent.folder().write("password", "hush\n");
    auto odd = definition("odd", "http://h/?key=hush");
    odd["filters"] = {{"shoe_size", 44}};
    auto never = definition("never", "http://127.0.0.1:9/");
    never["filters"] = {{"camera_in", json::array()}};
    agent.folder().write("webhooks.json", json::array({odd, never}).dump());
    agent.start();
    ASSERT_TRUE(agent.wait_until([](const json& status) {
        return problem(status, "refuses this device").is_object();
    })) << agent.status().dump(2);
    const auto status = agent.status();
    EXPECT_EQ(status["verdict"], "fail");
    EXPECT_TRUE(has(problem(status, "refuses this device")["fix"], "password_file"));
    EXPECT_EQ(problem(status, "\"odd\" is not served")["level"], "fail");
    EXPECT_EQ(problem(status, "camera_in is an empty list")["level"], "warn");
    EXPECT_FALSE(has(status.dump(), "hush")) << status.dump(2);
    EXPECT_FALSE(has(agent.cli({"status"}).out, "hush"));
}

TEST(Problems, OfCertificatesThatEndSoon) {
    test::Certificates certificates;
    const auto files = certificates.server(); // valid for a day
    const auto own = certificates.client();
    test::ScriptedServer target{[](const test::Seen&) {
                                    return Answer{200, {}, ""};
                                },
                                0, test::server_files(files)};
    test::Program agent{{{"webhooks", {{"file", "webhooks.json"}}},
                         {"delivery",
                          {{"ca_file", certificates.ca_file()},
                           {"client_cert_file", own.cert_file},
                           {"client_key_file", own.key_file}}}}};
    const auto url = "https://127.0.0.1:" + std::to_string(target.port());
    agent.folder().write("webhooks.json", json::array({definition("door", url + "/x")}).dump());
    agent.start();
    EXPECT_TRUE(problem(agent.status(), "[delivery] client_cert_file").is_object())
        << agent.status().dump(2);
    const auto text = "the certificate of the target " + url + " ends within a day";
    EXPECT_TRUE(problem(agent.status(), text).is_null()) << "nobody has seen it yet";
    ASSERT_EQ(agent.post("/v1/events", any_face).status, 202U);
    EXPECT_TRUE(agent.wait_until([&](const json& status) {
        return problem(status, text).is_object();
    })) << agent.status().dump(2);
}

TEST(Problems, OfAWebhookThatWaitsBehindAnother) {
    test::ScriptedServer target{[](const test::Seen& seen) {
        return Answer{
            200, {}, "", seen.target == "/log" ? Answer::Fault::hang : Answer::Fault::none};
    }};
    test::Program agent{{{"webhooks", {{"file", "webhooks.json"}}},
                         {"delivery", {{"connections_per_target", "1"}, {"timeout", "60s"}}}}};
    auto log = definition("log", target.url() + "log");
    log["filters"] = {{"type_in", "car"}};
    auto door = definition("door", target.url() + "door");
    door["filters"] = {{"type_in", "face"}};
    agent.folder().write("webhooks.json", json::array({log, door}).dump());
    agent.start();
    ASSERT_EQ(agent.post("/v1/events", R"({"type":"car"})").status, 202U);
    ASSERT_TRUE(target.wait_for(1, std::chrono::seconds{20}));
    ASSERT_EQ(agent.post("/v1/events", any_face).status, 202U);
    ASSERT_TRUE(agent.wait_until([](const json& status) {
        return webhook_named(status, "door")["waits_for"] ==
               "1 delivery waits behind webhook local:log \"log\", which has the connections";
    })) << agent.status().dump(2);
    EXPECT_TRUE(agent.wait_until([](const json& status) {
        const auto found = problem(status, "\"door\": 1 delivery waits behind webhook local:log");
        return found.is_object() && found["webhook"] == "local:door";
    })) << agent.status().dump(2);
    EXPECT_TRUE(has(agent.cli({"status"}).out, "behind webhook local:log"));
}

} // namespace
