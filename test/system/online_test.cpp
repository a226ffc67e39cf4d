// `check --online`: finds what is wrong with the server, the targets and the running agent, says
// how to fix it, and sends nothing.
#include "test/common/http_client/client_fixture.hpp"
#include "test/support/certificates.hpp"
#include "test/support/meeting_peer.hpp"
#include "test/support/program.hpp"
#include "test/support/simulator.hpp"

#include <csignal>
#include <gtest/gtest.h>
#include <sys/vfs.h>

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::Certificates;
using test::Simulator;
using test::SimulatorOptions;
using Sections = test::Program::Sections;

constexpr const char* password = "s3cr3t-w0rd";

std::string line_with(const std::string& text, const std::string& part) {
    const auto at = text.find(part);
    if (at == std::string::npos) {
        return {};
    }
    const auto begin = text.rfind('\n', at) + 1; // npos + 1 is 0
    return text.substr(begin, text.find('\n', at) - begin);
}

json webhook(const std::string& name, const std::string& target) {
    return {{"name", name}, {"target", target}};
}

class Online : public testing::Test {
  protected:
    /// A server with these webhooks, which presents that certificate.
    Simulator& server(std::vector<json> webhooks, const Certificates::Files& files = {}) {
        SimulatorOptions options;
        options.password = password;
        options.webhooks = std::move(webhooks);
        options.files = test::server_files(files);
        simulator_ = std::make_unique<Simulator>(std::move(options));
        sections_["server"] = {{"url", simulator_->url()},
                               {"username", "device"},
                               {"password_file", "password"},
                               {"request_timeout", "2s"},
                               {"ca_file", certificates_.ca_file()}};
        return *simulator_;
    }
    [[nodiscard]] std::unique_ptr<test::Program> agent() const {
        auto program = std::make_unique<test::Program>(sections_);
        program->folder().write("password", std::string{password} + "\n");
        fs::permissions(program->folder().file("password"), fs::perms{0600});
        return program;
    }
    static std::string check(const test::Program& agent, int code) {
        const auto done = agent.cli({"check", "--online"});
        EXPECT_EQ(done.code, code) << done.out << done.err;
        EXPECT_EQ((done.out + done.err).find(password), std::string::npos) << done.out;
        return done.out;
    }
    /// The line with `says` begins with `level` and, unless that is ok, has `fix` behind the
    /// dashes.
    static void expect_line(const std::string& out, const std::string& level,
                            const std::string& says, const std::string& fix) {
        const auto line = line_with(out, says);
        EXPECT_TRUE(line.starts_with(level + " ")) << says << " in\n" << out;
        const auto dashes = line.find(" -- ");
        EXPECT_EQ(level == "ok", dashes == std::string::npos) << line;
        EXPECT_NE(line.find(fix, level == "ok" ? 0 : dashes), std::string::npos) << line;
    }
    /// What `check` says of the set-up as it is, with no agent running.
    void expect_failure(const std::string& says, const std::string& fix, int code = 1) {
        SCOPED_TRACE(says);
        const auto program = agent();
        expect_line(check(*program, code), "fail", says, fix);
    }

    Certificates certificates_;
    std::unique_ptr<Simulator> simulator_;
    test::ScriptedServer target_{[](const test::Seen&) { return test::Answer{}; }};
    Sections sections_;
};

TEST_F(Online, AHealthySetUpHasNoFailure) {
    server({webhook("door", target_.url("/a?key=12345")), webhook("gate", target_.url("/b"))},
           certificates_.server());
    const auto program = agent();
    program->start();
    ASSERT_TRUE(program->wait_until([](const json& s) { return s["webhooks"].size() == 2; }));
    const auto out = check(*program, 0);
    for (const auto* says :
         {"127.0.0.1 takes connections on port ", "the login of device is accepted",
          "the list has 2 webhooks", "2 of 2 webhooks are served here: 1 door, 2 gate",
          "(1 door, 2 gate): 127.0.0.1 takes connections", "the agent answers: version ",
          "the agent runs with the configuration on disk"}) {
        expect_line(out, "ok", says, "");
    }
    expect_line(out, "warn", "valid for less than a day", "renew the certificate on 127.0.0.1");
    EXPECT_EQ(out.find("12345"), std::string::npos) << out;
    EXPECT_EQ(target_.count(), 0U) << "no request";
    EXPECT_EQ(simulator_->logins(), 2U) << "the agent's and one more";

    const auto as_json = program->cli({"check", "--online", "--json"});
    const auto document = json::parse(as_json.out);
    EXPECT_EQ(document["ok"], true);
    for (const auto& one : document["findings"]) {
        EXPECT_NE(one["level"], "fail") << one;
        EXPECT_EQ(one["fix"].is_null(), one["level"] == "ok") << one;
    }
}

TEST_F(Online, TellsTheFaultsOfTheServersCertificateApart) {
    server({}, certificates_.expired_server());
    expect_failure("the certificate expired on ", "renew the certificate on 127.0.0.1");
    server({}, certificates_.early_server());
    expect_failure("the certificate is not valid before ", "this device's clock says ");
    server({}, certificates_.server_for("lite.example"));
    expect_failure("the certificate is for lite.example, not for 127.0.0.1", "[server] url");
    server({}, certificates_.self_signed());
    expect_failure("signed by itself", "[server] ca_file");
    server({}, certificates_.server());
    sections_["server"].erase("ca_file");
    expect_failure("signed by \"test authority\"", "[server] ca_file = FILE");
    EXPECT_EQ(simulator_->logins(), 0U) << "no password for a server that is not trusted";
}

TEST_F(Online, SaysHowFarItCameWithTheServer) {
    auto& lite = server({});
    lite.server().stop();
    expect_failure("connect: connection refused", "listens on port ");
    lite.server().start();
    lite.fail(Simulator::On::login, Simulator::Fault::unauthorized);
    expect_failure("the login failed: ", "[server] username = device, or the first line of ");
    lite.fail(Simulator::On::login, Simulator::Fault::hang);
    expect_failure("timed out after 2 s", "log of the server");
    lite.fail(Simulator::On::login, Simulator::Fault::none);
    lite.fail(Simulator::On::webhooks, Simulator::Fault::unauthorized);
    expect_failure("the list of webhooks cannot be read: ", "let the user device read");
    expect_line(check(*agent(), 1), "warn", "which webhooks the server has is not known", "");
    lite.fail(Simulator::On::webhooks, Simulator::Fault::none);
    lite.answer_lists_with("[{\"name\":\"no id\"}]");
    expect_failure("the list of webhooks cannot be read: ", "the last good one");
    const test::SilentPeer silent{true};
    sections_["server"]["url"] = silent.url();
    expect_failure("timed out after 2 s while connecting", "is it switched on");
    sections_["server"]["url"] = "http://no-such-name.invalid/";
    expect_failure("server http://no-such-name.invalid/: resolve: ", "");
}

TEST_F(Online, AWrongPasswordIsNamedAndNotShown) {
    server({});
    const auto program = agent();
    program->folder().write("password", "another-w0rd\n");
    const auto out = check(*program, 1);
    expect_line(out, "fail", "Incorrect username or password", "the first line of ");
    EXPECT_EQ(out.find("another-w0rd"), std::string::npos) << out;
}

TEST_F(Online, SaysWhichWebhooksAreServedAndWhyOthersAreNot) {
    server({webhook("door", target_.url()),
            {{"name", "old"}, {"target", target_.url()}, {"filters", {{"colour_in", 1}}}},
            {{"name", "odd"},
             {"target", target_.url()},
             {"filters", {{"confidence_gte", 0.9}, {"confidence_lte", 0.1}}}},
            webhook("test", "http://127.0.0.1:9/"),
            {{"name", "off"}, {"target", "http://127.0.0.1:9/"}, {"active", false}}});
    sections_["webhooks"]["exclude"] = "test";
    auto out = check(*agent(), 0);
    expect_line(out, "ok", "2 of 5 webhooks are served here: 1 door, 3 odd", "");
    expect_line(out, "ok", "not active: 5 off", "");
    expect_line(out, "ok", "leave them out: 4 test", "");
    expect_line(out, "warn", "webhook 2 old is not served: unknown filter",
                "ffl-agent webhook update 2 FILE");
    expect_line(out, "warn", "webhook 3 odd: confidence_gte 0.9 is above",
                "ffl-agent webhook update 3 FILE");
    EXPECT_EQ(out.find(":9 ("), std::string::npos) << "only targets that are served\n" << out;
    server({});
    out = check(*agent(), 0);
    expect_line(out, "warn", "there are no webhooks", "create one on the server");
    EXPECT_EQ(target_.count(), 0U);
}

TEST_F(Online, ReachesEachTargetAsADeliveryWould) {
    target_.stop();
    const auto gone = target_.url();
    test::ScriptedServer plain{[](const test::Seen&) { return test::Answer{}; }};
    test::ScriptedServer strange{[](const test::Seen&) { return test::Answer{}; }, 0,
                                 test::server_files(certificates_.self_signed())};
    server({webhook("gone", gone), webhook("plain", "https" + plain.url().substr(4)),
            webhook("strange", strange.url()), webhook("denied", "http://127.7.7.7:9/"),
            webhook("no name", "http://no-such-name.invalid/")});
    sections_["delivery"]["deny_targets"] = "127.7.0.0/16";
    // A busy machine may need longer than a second to come as far as the handshake.
    std::string out;
    int limit = 1;
    for (; limit < 64 && !test::has(out, "while in the TLS handshake"); limit *= 4) {
        sections_["delivery"]["timeout"] = std::to_string(limit) + "s";
        out = check(*agent(), 1);
    }
    expect_line(out, "fail", "(1 gone): connect: connection refused", "listens on port ");
    expect_line(out, "fail",
                "(2 plain): timed out after " + std::to_string(limit / 4) +
                    " s while in the TLS handshake",
                "does not speak TLS");
    expect_line(out, "fail", "(3 strange): the certificate is signed by itself",
                "[delivery] or [webhook strange] ca_file = FILE");
    expect_line(out, "fail", "(4 denied): target address denied (127.7.7.7)", "deny_targets");
    expect_line(out, "fail", "no-such-name.invalid (5 no name): resolve: ", "");
    EXPECT_EQ(plain.count() + strange.count(), 0U);
}

TEST_F(Online, ManyDeadTargetsAreTriedOncePerOrigin) {
    const test::SilentPeer silent{true, "0.0.0.0"};
    const auto port = silent.url().substr(silent.url().rfind(':'));
    std::vector<json> webhooks;
    for (int i = 1; i <= 80; ++i) {
        const auto target = "http://127.0.1." + std::to_string(i) + port;
        webhooks.push_back(webhook("a", target + "a"));
        webhooks.push_back(webhook("b", target + "b"));
    }
    server(std::move(webhooks));
    sections_["delivery"]["timeout"] = "1s";
    const auto out = check(*agent(), 1);
    std::size_t lines = 0;
    for (std::size_t at = 0; (at = out.find("timed out after 1 s", at)) != std::string::npos;
         ++at) {
        ++lines;
    }
    EXPECT_EQ(lines, 80U) << out;
    expect_line(out, "fail",
                "target http://127.0.1.80" + port.substr(0, port.size() - 1) +
                    " (159 a, 160 b): timed out",
                "is it switched on");
}

TEST_F(Online, TargetsAreTriedTogether) {
    constexpr unsigned all = 20;
    const test::MeetingPeer peer{all};
    std::vector<json> webhooks;
    for (unsigned i = 1; i <= all; ++i) {
        webhooks.push_back(webhook("door", "https://127.0.1." + std::to_string(i) + ":" +
                                               std::to_string(peer.port()) + "/"));
    }
    server(std::move(webhooks));
    sections_["delivery"]["ca_file"] = certificates_.ca_file();
    sections_["delivery"]["timeout"] = "20s";
    const auto out = check(*agent(), 1);
    for (unsigned i = 1; i <= all; ++i) {
        const auto line = line_with(out, "(" + std::to_string(i) + " door)");
        EXPECT_NE(line.find("TLS: the peer closed the connection"), std::string::npos)
            << "not a time-out, as the others were there: " << line;
    }
}

TEST_F(Online, AsksTheAgentWhetherItRunsWhatIsOnDisk) {
    server({webhook("door", target_.url())});
    const auto program = agent();
    expect_line(check(*program, 0), "warn", "no agent is running", "systemctl start ffl-agent");
    program->start();
    expect_line(check(*program, 0), "ok", "the agent runs with the configuration on disk", "");

    program->folder().write("password", std::string{password} + "\n\n");
    const auto edited = check(*program, 0);
    expect_line(edited, "warn", "the agent runs with an earlier configuration",
                "systemctl reload ffl-agent");
    EXPECT_NE(edited.find("/password was edited last"), std::string::npos) << edited;
    program->signal(SIGHUP);
    ASSERT_TRUE(program->wait_for_log("reloaded"));
    expect_line(check(*program, 0), "ok", "the agent runs with the configuration on disk", "");

    // The agent itself as a target, and a setting that only a restart takes.
    const auto address = "127.0.0.1:" + std::to_string(program->port());
    sections_["ingest"]["listen"] = address;
    sections_["ingest"]["socket"] = program->folder().file("agent.sock");
    sections_["queue"]["path"] = program->database();
    simulator_->add(webhook("self", "http://" + address + "/v1/events"));
    program->configure(sections_);
    program->signal(SIGHUP);
    ASSERT_TRUE(program->wait_for_log("requires a restart"));
    ASSERT_TRUE(program->wait_until([](const json& s) { return s["webhooks"].size() == 2; }));
    const auto out = check(*program, 1);
    expect_line(out, "warn", "[ingest] listen was changed", "systemctl restart ffl-agent");
    expect_line(out, "fail", "(2 self): the target is this agent itself",
                "change the webhook's target");

    const auto other = agent();
    other->configure({{"ingest", {{"socket", program->folder().file("agent.sock")}}},
                      {"webhooks", {{"file", "hooks.json"}}}});
    other->folder().write("hooks.json", "[]");
    expect_line(check(*other, 1), "warn", "the agent runs with " + program->ini(),
                "--config " + program->ini());
}

TEST_F(Online, AnAgentThatDoesNotAnswerIsAFailure) {
    server({});
    const auto program = agent();
    program->start();
    sections_["ingest"]["socket"] = program->folder().file("elsewhere.sock");
    sections_["queue"]["path"] = program->database();
    test::ServerFiles socket;
    socket.unix_socket = program->folder().file("elsewhere.sock");
    test::ScriptedServer impostor{[](const test::Seen&) {
                                      return test::Answer{200, {}, "{}"};
                                  },
                                  0, socket};
    program->configure(sections_);
    expect_line(check(*program, 1), "fail", "what answers is not an ffl-agent", "ss -lxp");
    impostor.stop();
    expect_line(check(*program, 1), "fail", "has the queue, but the agent does not answer",
                "restart");
}

TEST_F(Online, AQueueInMemoryIsWarnedOf) {
    struct statfs seen {};
    constexpr long tmpfs = 0x01021994;
    if (::statfs("/dev/shm", &seen) != 0 || seen.f_type != tmpfs) {
        GTEST_SKIP() << "there is no tmpfs at /dev/shm";
    }
    server({});
    sections_["queue"]["path"] = "/dev/shm/ffl-agent-test-that-never-runs.db";
    expect_line(check(*agent(), 0), "warn", "in memory (tmpfs at /dev/shm)", "to a disk");
}

TEST_F(Online, ABadConfigurationIs78AndNothingIsContacted) {
    server({});
    sections_["server"]["sync_intervall"] = "1s";
    expect_failure("unknown key \"sync_intervall\"", "fix it in ", 78);
    EXPECT_EQ(simulator_->logins(), 0U);
    expect_line(check(*agent(), 78), "warn", "were not asked", "fix the configuration first");
    EXPECT_EQ(agent()->cli({"check", "--online", "--reload"}).code, 64);
}

TEST_F(Online, TextOfOthersIsEscaped) {
    server({webhook("a\x1b[2Jb", target_.url())});
    const auto out = check(*agent(), 0);
    EXPECT_EQ(out.find('\x1b'), std::string::npos);
    expect_line(out, "ok", R"(1 a\x1b[2Jb): 127.0.0.1 takes connections)", "");
}

} // namespace
