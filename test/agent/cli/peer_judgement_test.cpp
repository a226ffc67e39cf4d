#include "agent/cli/peer_judgement.hpp"

#include "agent/webhooks/webhook.hpp"

#include <gtest/gtest.h>

namespace {

using agent::ClockReading;
using agent::Level;
using common::CertificateFault;
using common::Fault;
using common::ProbeResult;
using namespace std::chrono;

constexpr sys_days today = 2026y / 11 / 28;

agent::Peer peer(const std::string& ca_file = "") {
    return {"server https://lite/",
            *common::parse_url("https://lite/"),
            "[server] url",
            "[server] ca_file",
            ca_file,
            ""};
}

TEST(PeerJudgement, WarnsInTheLastThirtyDaysOfACertificate) {
    const struct {
        seconds left;
        Level level;
        const char* says;
    } table[] = {
        {days{400}, Level::ok, "for 400 days more"},
        {days{30}, Level::ok, "for 30 days more"},
        {days{30} - seconds{1}, Level::warn, "for 29 days more"},
        {days{1}, Level::warn, "for 1 day more"},
        {hours{23}, Level::warn, "for less than a day"},
    };
    for (const auto& row : table) {
        const auto found = agent::judge_days_left(peer(), today + row.left, today);
        EXPECT_EQ(found.level, row.level) << found.what;
        EXPECT_NE(found.what.find(row.says), std::string::npos) << found.what;
        EXPECT_EQ(found.fix.empty(), row.level == Level::ok);
    }
}

common::PeerCertificate certificate(std::set<CertificateFault> faults, bool self_signed = false) {
    common::PeerCertificate one;
    one.valid.from = today + hours{5};
    one.valid.until = today - hours{36};
    one.names = {"door.example", "10.0.0.7"};
    one.issuer = "Works CA";
    one.self_signed = self_signed;
    one.faults = std::move(faults);
    one.other = "unsuitable certificate purpose";
    return one;
}

TEST(PeerJudgement, TellsEachFaultOfACertificateApartWithTheWayOut) {
    const struct {
        CertificateFault fault;
        bool self_signed;
        bool synchronised;
        const char* ca_file;
        const char* says;
        const char* fix;
    } table[] = {
        {CertificateFault::expired, false, true, "", "expired on 2026-11-26, 1 day ago",
         "renew the certificate on lite (this device's clock says 2026-11-28T00:00:00Z)"},
        {CertificateFault::expired, false, false, "", "expired on",
         "this device's clock says 2026-11-28T00:00:00Z and is not synchronised: correct that"},
        {CertificateFault::early, false, false, "", "not valid before 2026-11-28T05:00:00Z",
         "and is not synchronised: correct that first"},
        {CertificateFault::early, false, true, "", "not valid before", "look at the clock of lite"},
        {CertificateFault::other_name, false, true, "",
         "is for door.example, 10.0.0.7, not for lite", "one of these names in [server] url"},
        {CertificateFault::untrusted, true, true, "", "signed by itself",
         "save the certificate itself as a PEM file and name it: [server] ca_file = FILE"},
        {CertificateFault::untrusted, false, true, "", "signed by \"Works CA\"",
         "[server] ca_file = FILE"},
        {CertificateFault::untrusted, false, true, "/etc/ca.pem", "signed by \"Works CA\"",
         "[server] ca_file = /etc/ca.pem does not contain its authority"},
        {CertificateFault::other, false, true, "", "unsuitable certificate purpose",
         "another certificate"},
    };
    for (const auto& row : table) {
        SCOPED_TRACE(row.says);
        const auto found =
            agent::judge_certificate(peer(row.ca_file), certificate({row.fault}, row.self_signed),
                                     ClockReading{today, row.synchronised});
        ASSERT_EQ(found.size(), 1U);
        EXPECT_EQ(found.front().level, Level::fail);
        EXPECT_NE(found.front().what.find(row.says), std::string::npos) << found.front().what;
        EXPECT_NE(found.front().fix.find(row.fix), std::string::npos) << found.front().fix;
    }
    const auto both = certificate({CertificateFault::expired, CertificateFault::untrusted});
    EXPECT_EQ(agent::judge_certificate(peer(), both, {today, true}).size(), 2U);
}

TEST(PeerJudgement, EachStepThatFailedHasItsOwnWayOut) {
    const struct {
        ProbeResult::Step step;
        Fault fault;
        bool timed_out;
        const char* fix;
    } table[] = {
        {ProbeResult::Step::resolve, Fault::unreachable, false, "correct the name lite in [server"},
        {ProbeResult::Step::resolve, Fault::own, true, "/etc/resolv.conf"},
        {ProbeResult::Step::forbidden, Fault::unreachable, false, "deny_targets"},
        {ProbeResult::Step::connect, Fault::unreachable, true, "is it switched on"},
        {ProbeResult::Step::connect, Fault::unreachable, false, "listens on port 443"},
        {ProbeResult::Step::connect, Fault::own, false, "descriptors"},
        {ProbeResult::Step::tls, Fault::unreachable, true, "does not speak TLS on port 443"},
        {ProbeResult::Step::tls, Fault::unreachable, false, "scheme"},
        {ProbeResult::Step::files, Fault::config, false, "PEM"},
    };
    for (const auto& row : table) {
        ProbeResult result;
        result.failed = row.step;
        result.error = {row.fault, "why"};
        result.timed_out = row.timed_out;
        const auto found = agent::judge_failure(peer(), result, {today, true});
        ASSERT_EQ(found.size(), 1U) << row.fix;
        EXPECT_EQ(found.front().level, Level::fail);
        EXPECT_EQ(found.front().what.find("server https://lite/: why"), 0U) << found.front().what;
        EXPECT_NE(found.front().fix.find(row.fix), std::string::npos) << found.front().fix;
    }
    ProbeResult own;
    own.failed = ProbeResult::Step::forbidden;
    own.error = {Fault::unreachable, std::string{agent::targets_agent_itself}};
    EXPECT_EQ(agent::judge_failure(peer(), own, {today, true}).front().fix, "change [server] url");
    EXPECT_TRUE(agent::judge_failure(peer(), ProbeResult{}, {today, true}).empty());
}

} // namespace
