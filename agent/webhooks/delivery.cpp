#include "agent/webhooks/delivery.hpp"

#include "common/base/crypto.hpp"
#include "common/net/status_phrase.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace agent {

namespace {

constexpr common::Millis longest_retry_after = std::chrono::hours{1};

std::string status_text(unsigned status) {
    const auto phrase = common::status_phrase(status);
    return std::to_string(status).append(phrase.empty() ? "" : " ").append(phrase);
}

/// Seconds since 1970 of an HTTP date in any of its three forms (RFC 9110 section 5.6.7).
std::optional<std::int64_t> parse_date(std::string_view value) {
    const std::string text{value};
    for (const char* form :
         {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"}) {
        std::tm fields{};
        const char* end = ::strptime(text.c_str(), form, &fields);
        if (end && *end == '\0') {
            return ::timegm(&fields);
        }
    }
    return std::nullopt;
}

std::optional<std::int64_t> parse_seconds(std::string_view value) {
    if (value.empty() ||
        !std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; })) {
        return std::nullopt;
    }
    std::int64_t seconds = 0;
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), seconds);
    return parsed.ec == std::errc::result_out_of_range ? INT64_MAX : seconds;
}

std::optional<common::Millis> retry_after(const common::Headers& headers) {
    const auto value = common::find_header(headers, "Retry-After");
    if (!value) {
        return std::nullopt;
    }
    auto seconds = parse_seconds(*value);
    if (!seconds) {
        const auto date = common::find_header(headers, "Date");
        const auto then = parse_date(*value);
        const auto now = date ? parse_date(*date) : std::nullopt;
        if (!then || !now) {
            return std::nullopt;
        }
        seconds = *then - *now;
    }
    const auto longest =
        std::chrono::duration_cast<std::chrono::seconds>(longest_retry_after).count();
    return std::chrono::seconds{std::clamp<std::int64_t>(*seconds, 0, longest)};
}

std::string_view as_text(const std::uint8_t* bytes, std::size_t size) {
    return {reinterpret_cast<const char*>(bytes), size};
}

std::string signature(const std::vector<std::string>& keys, const std::string& signed_content) {
    std::string all;
    for (const auto& key : keys) {
        const auto mac = common::hmac_sha256(key, signed_content);
        all.append(all.empty() ? "v1," : " v1,")
            .append(common::base64(as_text(mac.data(), mac.size())));
    }
    return all;
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

    const auto id = webhook_id(delivery);
    const auto timestamp = std::to_string(wall_s);
    auto& headers = request.headers;
    if (!common::find_header(settings.headers, "Content-Type")) {
        headers.push_back({"Content-Type", "application/json"});
    }
    headers.push_back({"webhook-id", id});
    headers.push_back({"webhook-timestamp", timestamp});
    if (!settings.signing_keys.empty()) {
        std::string content;
        content.reserve(id.size() + timestamp.size() + request.body.size() + 2);
        content.append(id).append(".").append(timestamp).append(".").append(request.body);
        headers.push_back({"webhook-signature", signature(settings.signing_keys, content)});
    }
    headers.push_back({"ffl-attempt", std::to_string(attempt)});
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
                    const Webhook& webhook, const common::Backoff& backoff, double chance) {
    Outcome outcome;
    outcome.answered = reply.has_value();
    outcome.status = reply ? reply->status : 0;
    if (reply && reply->status >= 200 && reply->status < 300) {
        outcome.kind = Outcome::Kind::delivered;
        return outcome;
    }
    outcome.error = reply ? status_text(reply->status) : reply.error().message;
    if (webhook.send_attempts != 0 && attempt >= webhook.send_attempts) {
        outcome.kind = Outcome::Kind::dead;
        return outcome;
    }
    outcome.kind = Outcome::Kind::retry;
    outcome.wait = backoff.wait(attempt, chance);
    if (reply) {
        outcome.wait =
            std::max(outcome.wait, retry_after(reply->headers).value_or(common::Millis{0}));
    }
    return outcome;
}

} // namespace agent
