// The test support's callback receiver, over real sockets.
#include "test/support/receiver.hpp"

#include "agent/webhooks/delivery.hpp"
#include "common/http_client/http_client.hpp"
#include "test/support/test_clock.hpp"

#include <gtest/gtest.h>

namespace {

using test::Answer;
using test::Receiver;
using test::ReceiverOptions;
using test::run;

struct Sender {
    common::Result<common::HttpReply> post(const std::string& url, const std::string& body,
                                           common::Headers headers = {}) {
        common::HttpRequest request;
        request.method = "POST";
        request.url = common::parse_url(url).value();
        request.headers = std::move(headers);
        request.body = body;
        request.timeout = timeout;
        return run(loop, client.send(std::move(request)));
    }
    unsigned status(const std::string& url) {
        const auto reply = post(url, "{}");
        return reply ? reply->status : 0;
    }

    common::Millis timeout{10'000};
    common::asio::io_context loop;
    common::PooledClient client{loop.get_executor(), {}};
};

TEST(Receiver, RecordsCallbacks) {
    Receiver receiver;
    Sender sender;
    const auto url = receiver.url("/hook?x=1");
    ASSERT_TRUE(sender.post(url, R"({"id":4589691150480880065,"type":"car"})",
                            {{"webhook-id", "w1"}, {"ffl-attempt", "2"}}));
    ASSERT_TRUE(sender.post(url, R"([{"id":"e2","object_type":"face"}])",
                            {{"webhook-id", "w2"}, {"ffl-attempt", "x"}}));
    ASSERT_TRUE(sender.post(url, R"({"no":"id"})"));
    ASSERT_TRUE(sender.post(url, "no JSON"));
    ASSERT_TRUE(receiver.wait_for(4, std::chrono::seconds{20}));
    const auto all = receiver.callbacks();
    ASSERT_EQ(all.size(), 4U);
    EXPECT_EQ(all[0].path, "/hook");
    EXPECT_EQ(all[0].webhook_id, "w1");
    EXPECT_EQ(all[0].attempt, 2U);
    EXPECT_EQ(all[0].event_id, "4589691150480880065");
    EXPECT_EQ(all[0].type, "car");
    EXPECT_EQ(all[0].answered, 200U);
    EXPECT_EQ(all[0].signed_well, std::nullopt);
    EXPECT_EQ(all[1].event_id, "e2");
    EXPECT_EQ(all[1].type, "face");
    EXPECT_EQ(all[1].attempt, 0U);
    EXPECT_EQ(all[1].body, R"([{"id":"e2","object_type":"face"}])");
    EXPECT_EQ(all[2].event_id, "");
    EXPECT_EQ(all[3].event_id, "");
}

TEST(Receiver, AnswersAsTold) {
    ReceiverOptions options;
    options.fail_first = 2;
    Receiver receiver{options};
    Sender sender;
    receiver.answer(202);
    receiver.answer_at("/no", 404);
    EXPECT_EQ(sender.status(receiver.url("/yes")), 503U);
    EXPECT_EQ(sender.status(receiver.url("/no")), 503U);
    EXPECT_EQ(sender.status(receiver.url("/yes")), 202U);
    EXPECT_EQ(sender.status(receiver.url("/no")), 404U);
    receiver.fault_at("/reset", Answer::Fault::reset);
    EXPECT_EQ(sender.status(receiver.url("/reset")), 0U);
    receiver.set_script([](const test::Callback& callback) {
        Answer answer;
        answer.status = callback.path == "/odd" ? 418 : 200;
        return answer;
    });
    EXPECT_EQ(sender.status(receiver.url("/odd")), 418U);
    receiver.set_script(nullptr);
    EXPECT_EQ(sender.status(receiver.url("/odd")), 202U);
    sender.timeout = common::Millis{200};
    receiver.fault_at("/hang", Answer::Fault::hang);
    EXPECT_EQ(sender.status(receiver.url("/hang")), 0U);
}

TEST(Receiver, RestartsOnTheSamePort) {
    Receiver receiver;
    Sender sender;
    EXPECT_EQ(sender.status(receiver.url()), 200U);
    receiver.stop();
    EXPECT_EQ(sender.status(receiver.url()), 0U);
    receiver.start();
    EXPECT_EQ(sender.status(receiver.url()), 200U);
    EXPECT_EQ(receiver.callbacks().size(), 2U);
}

TEST(Receiver, CountsAcceptedEventsAsReceived) {
    Receiver receiver;
    Sender sender;
    receiver.answer_at("/b", 500);
    ASSERT_TRUE(sender.post(receiver.url("/a"), R"({"id":"1"})"));
    ASSERT_TRUE(sender.post(receiver.url("/b"), R"({"id":"2"})"));
    ASSERT_TRUE(sender.post(receiver.url("/c"), R"({"id":"3"})"));
    EXPECT_EQ(receiver.received(), (std::set<std::string>{"1", "3"}));
    EXPECT_EQ(receiver.received("/a"), (std::set<std::string>{"1"}));
}

TEST(Receiver, ChecksSignatures) {
    const std::string secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz";
    ReceiverOptions options;
    options.secret = secret;
    Receiver receiver{options};
    Sender sender;
    agent::Webhook webhook;
    webhook.key = "7";
    webhook.target = common::parse_url(receiver.url()).value();
    webhook.settings.signing_keys = {"another key, the newer of the two",
                                     test::signing_key(secret)};
    agent::Delivery delivery;
    delivery.webhook = "7";
    delivery.event = std::make_shared<const std::string>(R"({"id":"e"})");
    auto good = agent::make_request(webhook, delivery, 1, 1'750'000'000);
    auto bad = good;
    bad.body += " ";
    ASSERT_TRUE(run(sender.loop, sender.client.send(std::move(good))));
    ASSERT_TRUE(run(sender.loop, sender.client.send(std::move(bad))));
    ASSERT_TRUE(sender.post(receiver.url(), "{}"));
    const auto all = receiver.callbacks();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].signed_well, true);
    EXPECT_EQ(all[1].signed_well, false);
    EXPECT_EQ(all[2].signed_well, false);
    EXPECT_THROW(static_cast<void>(test::signing_key("secret")), std::invalid_argument);
}

} // namespace
