#include "agent/webhooks/delivery.hpp"
#include "test/agent/webhooks/header_of.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace agent {
namespace {

using common::Millis;
using std::chrono::seconds;

/// The synchronised clock: 1994-11-06 08:49:37.
constexpr common::DeviceTime wall{784'111'777, true};
constexpr common::DeviceTime unsynchronised{784'111'777, false};

Delivery delivery() {
    Delivery one;
    one.id = 3;
    one.webhook = "12";
    one.event_id = "7";
    one.event = std::make_shared<const std::string>(R"({"id":"7","type":"face"})");
    return one;
}

Webhook webhook() {
    Webhook one;
    one.key = "12";
    one.name = "door";
    one.state = WebhookState::serving;
    one.target = common::Url{"http", "", "", "door.example", 8080, "/hook?x=1"};
    return one;
}

std::size_t count(const common::HttpRequest& request, const std::string& name) {
    return static_cast<std::size_t>(
        std::count_if(request.headers.begin(), request.headers.end(),
                      [&](const auto& one) { return one.name == name; }));
}

TEST(WebhookId, IsMadeOfWebhookEventIdAndBytes) {
    // The first half of: printf '12\0007\000{"id":"7","type":"face"}\000' | openssl dgst -sha256
    EXPECT_EQ(webhook_id(delivery()), "msg_728e59e99c70617ae8c87aaae024a05c");
}

TEST(WebhookId, DependsOnEachPartButNotOnTheAttempt) {
    const auto plain = webhook_id(delivery());
    auto other = delivery();
    other.webhook = "13";
    EXPECT_NE(webhook_id(other), plain);
    other = delivery();
    other.event_id = "8";
    EXPECT_NE(webhook_id(other), plain);
    other = delivery();
    other.event = std::make_shared<const std::string>(R"({"id":"7","type":"car"})");
    EXPECT_NE(webhook_id(other), plain);
    other = delivery();
    other.attempts = 5;
    other.id = 99;
    EXPECT_EQ(webhook_id(other), plain);
}

TEST(WebhookId, HasNoDot) {
    auto one = delivery();
    one.webhook = "local:a.b";
    one.event_id = "1.2";
    EXPECT_EQ(webhook_id(one).find('.'), std::string::npos);
}

TEST(MakeRequest, CarriesTheEventsOwnBytes) {
    const auto request = make_request(webhook(), delivery(), 2, 1'750'000'000);
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.url, webhook().target);
    EXPECT_EQ(request.body, R"({"id":"7","type":"face"})");
    EXPECT_EQ(header_of(request, "Content-Type"), "application/json");
    EXPECT_EQ(header_of(request, "webhook-id"), webhook_id(delivery()));
    EXPECT_EQ(header_of(request, "webhook-timestamp"), "1750000000");
    EXPECT_EQ(header_of(request, "ffl-attempt"), "2");
    EXPECT_EQ(header_of(request, "webhook-signature"), "(none)");
    EXPECT_EQ(header_of(request, "Authorization"), "(none)");
    EXPECT_TRUE(request.guarded);
    EXPECT_FALSE(request.body_wanted);
    EXPECT_EQ(request.body_limit, 64U * 1024);
}

TEST(MakeRequest, UsesANewConnectionForTheLastAttempt) {
    using common::KeptConnection;
    auto hook = webhook();
    const auto kept = [&](std::uint32_t send_attempts, std::uint32_t attempt) {
        hook.send_attempts = send_attempts;
        return make_request(hook, delivery(), attempt, 0).kept;
    };
    EXPECT_EQ(kept(3, 1), KeptConnection::once);
    EXPECT_EQ(kept(3, 2), KeptConnection::once);
    EXPECT_EQ(kept(3, 3), KeptConnection::none);
    EXPECT_EQ(kept(3, 4), KeptConnection::none); // the limit was lowered meanwhile
    EXPECT_EQ(kept(1, 1), KeptConnection::none);
    EXPECT_EQ(kept(0, 1), KeptConnection::once);
    EXPECT_EQ(kept(0, 1'000), KeptConnection::once);
}

TEST(MakeRequest, PutsTheEventIntoAnArrayIfConfigured) {
    auto hook = webhook();
    hook.settings.body = BodyShape::array;
    EXPECT_EQ(make_request(hook, delivery(), 1, 0).body, R"([{"id":"7","type":"face"}])");
}

TEST(MakeRequest, HasTimeoutAndTlsOfTheSettings) {
    auto hook = webhook();
    hook.settings.timeout = Millis{1234};
    hook.settings.tls = {"ca.pem", "cert.pem", "key.pem"};
    const auto request = make_request(hook, delivery(), 1, 0);
    EXPECT_EQ(request.timeout, Millis{1234});
    EXPECT_EQ(request.tls, hook.settings.tls);
}

// The expected values come from: openssl dgst -sha256 -hmac KEY -binary | openssl base64
TEST(MakeRequest, SignsWithEveryKeyNewestFirst) {
    auto hook = webhook();
    hook.settings.signing_keys = {"0123456789abcdef0123456789abcdef",
                                  "older-key-older-key-older-key-32"};
    EXPECT_EQ(header_of(make_request(hook, delivery(), 1, 1'750'000'000), "webhook-signature"),
              "v1,qZ+vJkFyo1xbPBbw7dXr+lhjtqOtPMKxCiQP8rvat6w= "
              "v1,+qxujBpErA0C9YBKkuB7U9HjU+99tVU2vSWs5+zO8Z4=");
}

TEST(MakeRequest, SignsTheBodyThatIsSent) {
    auto hook = webhook();
    hook.settings.body = BodyShape::array;
    hook.settings.signing_keys = {"0123456789abcdef0123456789abcdef"};
    EXPECT_EQ(header_of(make_request(hook, delivery(), 1, 1'750'000'000), "webhook-signature"),
              "v1,WI0MpocoAkdd8KS5u6/wqLf3CZ1V33LeM396cVCJHDQ=");
}

TEST(MakeRequest, MakesBasicAuthorizationOfTheTargetsUserAndPassword) {
    auto hook = webhook();
    hook.target.user = "Aladdin";
    hook.target.password = "open sesame";
    const auto request = make_request(hook, delivery(), 1, 0);
    EXPECT_EQ(header_of(request, "Authorization"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    EXPECT_EQ(request.url.user, "");
    EXPECT_EQ(request.url.password, "");
}

TEST(MakeRequest, AddsConfiguredHeadersWhichMayReplaceAuthorizationAndContentType) {
    auto hook = webhook();
    hook.target.user = "Aladdin";
    hook.settings.headers = {{"X-Door", "1"},
                             {"authorization", "Bearer t"},
                             {"content-type", "application/cloudevents+json"}};
    const auto request = make_request(hook, delivery(), 1, 0);
    EXPECT_EQ(header_of(request, "X-Door"), "1");
    EXPECT_EQ(header_of(request, "Authorization"), "Bearer t");
    EXPECT_EQ(header_of(request, "Content-Type"), "application/cloudevents+json");
    EXPECT_EQ(count(request, "Authorization"), 0U);
    EXPECT_EQ(count(request, "Content-Type"), 0U);
}

TEST(JudgeReply, DeliversOnlyOn2xx) {
    for (unsigned status = 200; status < 600; ++status) {
        const auto outcome =
            judge_reply(common::HttpReply{status, {}, {}}, 1, webhook(), {}, 0, wall);
        EXPECT_EQ(outcome.kind == Outcome::Kind::delivered, status < 300) << status;
        EXPECT_TRUE(outcome.answered) << status;
        EXPECT_EQ(outcome.status, status);
        EXPECT_EQ(outcome.error.empty(), status < 300) << status;
    }
}

TEST(JudgeReply, NamesTheCause) {
    EXPECT_EQ(judge_reply(common::HttpReply{503, {}, {}}, 1, webhook(), {}, 0, wall).error,
              "503 Service Unavailable");
    EXPECT_EQ(judge_reply(common::HttpReply{302, {}, {}}, 1, webhook(), {}, 0, wall).error,
              "302 Found");
    EXPECT_EQ(judge_reply(common::HttpReply{599, {}, {}}, 1, webhook(), {}, 0, wall).error, "599");
    const common::Headers place{{"Location", "https://u:p@door.example/x?key=hush"}};
    EXPECT_EQ(judge_reply(common::HttpReply{308, place, {}}, 1, webhook(), {}, 0, wall).error,
              "308 Permanent Redirect (redirects to https://door.example/x?...; redirects are not "
              "followed)");
    const common::Headers asks{{"WWW-Authenticate", "Digest realm=\"door\""}};
    EXPECT_EQ(judge_reply(common::HttpReply{401, asks, {}}, 1, webhook(), {}, 0, wall).error,
              "401 Unauthorized (asks for Digest)");
}

TEST(JudgeReply, CountsNoAnswerAsAFailedAttempt) {
    const auto outcome =
        judge_reply(common::fail(common::Fault::unreachable, "connect: connection refused"), 3,
                    webhook(), {}, 0, wall);
    EXPECT_EQ(outcome.kind, Outcome::Kind::retry);
    EXPECT_FALSE(outcome.answered);
    EXPECT_EQ(outcome.status, 0U);
    EXPECT_EQ(outcome.error, "connect: connection refused");
    EXPECT_EQ(outcome.wait, seconds{2});
}

TEST(JudgeReply, LimitsTheAttemptsToSendAttempts) {
    struct Case {
        std::uint32_t send_attempts, attempt;
        Outcome::Kind kind;
    };
    for (const auto& [send_attempts, attempt, kind] : {
             Case{0, 1, Outcome::Kind::retry},
             Case{0, 4'000'000'000U, Outcome::Kind::retry},
             Case{1, 1, Outcome::Kind::dead},
             Case{3, 2, Outcome::Kind::retry},
             Case{3, 3, Outcome::Kind::dead},
             Case{3, 9, Outcome::Kind::dead},
         }) {
        auto hook = webhook();
        hook.send_attempts = send_attempts;
        EXPECT_EQ(judge_reply(common::HttpReply{500, {}, {}}, attempt, hook, {}, 0.5, wall).kind,
                  kind)
            << send_attempts << "/" << attempt;
        EXPECT_EQ(judge_reply(common::HttpReply{204, {}, {}}, attempt, hook, {}, 0.5, wall).kind,
                  Outcome::Kind::delivered)
            << send_attempts << "/" << attempt;
    }
}

TEST(JudgeReply, TellsAFaultOfThisDeviceFromAFailedAttempt) {
    using common::Fault;
    using Kind = Outcome::Kind;
    struct Case {
        Fault fault;
        common::DeviceTime clock;
        Kind kind;
    };
    for (const auto& [fault, clock, kind] : {
             Case{Fault::own, wall, Kind::own_fault},
             Case{Fault::own, unsynchronised, Kind::own_fault},
             Case{Fault::config, wall, Kind::own_fault},
             Case{Fault::date, wall, Kind::dead},
             Case{Fault::date, unsynchronised, Kind::own_fault},
             Case{Fault::unreachable, wall, Kind::dead},
             Case{Fault::unreachable, unsynchronised, Kind::dead},
             Case{Fault::input, wall, Kind::dead},
         }) {
        auto last = webhook();
        last.send_attempts = 1;
        const auto outcome = judge_reply(common::fail(fault, "why"), 1, last, {}, 0, clock);
        EXPECT_EQ(outcome.kind, kind) << static_cast<int>(fault) << " " << clock.synchronised;
        EXPECT_FALSE(outcome.answered);
    }
    const auto dated = judge_reply(common::fail(Fault::date, "TLS: certificate is not yet valid"),
                                   1, webhook(), {}, 0, unsynchronised);
    EXPECT_EQ(dated.error,
              "TLS: certificate is not yet valid (the clock of this device is not synchronised)");
}

TEST(JudgeReply, NeverShortensTheBackoffByRetryAfter) {
    const common::HttpReply reply{429, {{"Retry-After", "1"}}, {}};
    EXPECT_EQ(judge_reply(reply, 5, webhook(), {}, 0, wall).wait, seconds{8});
}

TEST(JudgeReply, HonoursRetryAfterOnAnyFailedReply) {
    for (const unsigned status : {301U, 404U, 429U, 500U, 503U}) {
        const common::HttpReply reply{status, {{"Retry-After", "77"}}, {}};
        EXPECT_EQ(judge_reply(reply, 1, webhook(), {}, 0, wall).wait, seconds{77}) << status;
    }
}

} // namespace
} // namespace agent
