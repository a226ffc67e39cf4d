#include "agent/webhooks/delivery.hpp"

#include "agent/webhooks/retry_after.hpp"
#include "agent/webhooks/signature.hpp"
#include "agent/webhooks/test_event.hpp"
#include "common/base/crypto.hpp"
#include "common/net/reply_hints.hpp"
#include "common/net/status_phrase.hpp"

#include <algorithm>

namespace agent {

namespace {

std::string status_text(unsigned status) {
    const auto phrase = common::status_phrase(status);
    return std::to_string(status).append(phrase.empty() ? "" : " ").append(phrase);
}

/// "302 Found (redirects to /login; redirects are not followed)", "401 Unauthorized (asks for
/// Digest)".
std::string answer_text(const common::HttpReply& reply) {
    auto text = status_text(reply.status);
    if (reply.status >= 300 && reply.status < 400) {
        if (const auto place = common::shown_location(reply.headers); !place.empty()) {
            text += " (redirects to " + place + "; redirects are not followed)";
        }
    } else if (reply.status == 401) {
        if (const auto schemes = common::asked_schemes(reply.headers); !schemes.empty()) {
            text += " (asks for " + schemes + ")";
        }
    }
    return text;
}

/// Whether nothing was sent for a reason of our own. A certificate's dates are judged by our clock;
/// where that is not synchronised, they say nothing about the peer.
bool is_own(common::Fault fault, bool clock_known) {
    return fault == common::Fault::own || fault == common::Fault::config ||
           (fault == common::Fault::date && !clock_known);
}

std::string_view as_text(const std::uint8_t* bytes, std::size_t size) {
    return {reinterpret_cast<const char*>(bytes), size};
}

} // namespace

std::string webhook_id(const Delivery& delivery) {
    const auto digest = common::sha256_of({delivery.webhook, delivery.event_id, *delivery.event});
    return "msg_" + common::hex(as_text(digest.data(), 16));
}

common::HttpRequest make_request(const Webhook& webhook, const Delivery& delivery,
                                 std::uint32_t attempt, std::int64_t wall_s) {
    const auto& settings = webhook.settings;
    common::HttpRequest request;
    request.method = "POST";
    request.url = webhook.target;
    request.url.user.clear();
    request.url.password.clear();
    request.body =
        settings.body == BodyShape::array ? "[" + *delivery.event + "]" : *delivery.event;
    request.tls = settings.tls;
    request.timeout = settings.timeout;
    request.body_wanted = false;
    request.guarded = true;
    // A kept connection may be one that the target is just closing, and after the last attempt
    // there is no other.
    request.kept = webhook.send_attempts != 0 && attempt >= webhook.send_attempts
                       ? common::KeptConnection::none
                       : common::KeptConnection::once;

    const auto id = webhook_id(delivery);
    const auto timestamp = std::to_string(wall_s);
    auto& headers = request.headers;
    headers.reserve(8 + settings.headers.size());
    if (!common::find_header(settings.headers, "Content-Type")) {
        headers.push_back({"Content-Type", "application/json"});
    }
    headers.push_back({"webhook-id", id});
    headers.push_back({"webhook-timestamp", timestamp});
    if (!settings.signing_keys.empty()) {
        headers.push_back(
            {"webhook-signature", sign(settings.signing_keys, {id, timestamp, request.body})});
    }
    headers.push_back({"ffl-attempt", std::to_string(attempt)});
    if (is_test_event(delivery.event_id)) {
        headers.push_back({std::string{test_header}, "1"});
    }
    if (!settings.agent_id.empty()) {
        headers.push_back({std::string{via_header}, settings.agent_id});
    }
    if (common::is_uuid(delivery.event_id)) { // other ids are in the event itself
        headers.push_back({std::string{event_id_header}, delivery.event_id});
    }
    const auto& target = webhook.target;
    const bool named = !target.user.empty() || !target.password.empty();
    if (named && !common::find_header(settings.headers, "Authorization")) {
        headers.push_back(
            {"Authorization", "Basic " + common::base64(target.user + ":" + target.password)});
    }
    headers.insert(headers.end(), settings.headers.begin(), settings.headers.end());
    return request;
}

Outcome judge_reply(const common::Result<common::HttpReply>& reply, std::uint32_t attempt,
                    const Webhook& webhook, const common::Backoff& backoff, double chance,
                    const common::DeviceTime& now) {
    Outcome outcome;
    outcome.answered = reply.has_value();
    outcome.status = reply ? reply->status : 0;
    outcome.attempt = attempt_class_of(reply);
    if (reply && reply->status >= 200 && reply->status < 300) {
        outcome.kind = Outcome::Kind::delivered;
        return outcome;
    }
    outcome.error = reply ? answer_text(*reply) : reply.error().message;
    if (!reply && is_own(reply.error().fault, now.synchronised)) {
        outcome.kind = Outcome::Kind::own_fault;
        if (reply.error().fault == common::Fault::date) {
            outcome.error += " (the clock of this device is not synchronised)";
        }
        return outcome;
    }
    if (webhook.send_attempts != 0 && attempt >= webhook.send_attempts) {
        outcome.kind = Outcome::Kind::dead;
        return outcome;
    }
    outcome.kind = Outcome::Kind::retry;
    outcome.wait = backoff.wait(attempt, chance);
    if (reply) {
        outcome.wait =
            std::max(outcome.wait, retry_after(reply->headers, now).value_or(common::Millis{0}));
    }
    return outcome;
}

} // namespace agent
