#include "agent/findface/refusal.hpp"

#include "common/base/ascii.hpp"
#include "common/net/reply_hints.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>

namespace agent::findface {

namespace {

using nlohmann::json;

constexpr unsigned network_login = 511;
constexpr std::size_t max_characters = 200;
constexpr std::size_t max_body_bytes = 64 * 1024; // the rest of a body is ignored

std::string as_json_text(const std::string& text) {
    const auto quoted = common::text_of(json(text));
    return quoted.substr(1, quoted.size() - 2);
}

void mask(std::string& text, const std::string& secret) {
    if (secret.empty()) {
        return;
    }
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 3)) {
        text.replace(at, secret.size(), "***");
    }
}

/// Valid UTF-8 on one line, without control characters (C0, DEL, C1), at most max_characters.
std::string for_people(const std::string& text) {
    const auto valid = json::parse(common::text_of(json(text))).get<std::string>();
    std::string shown;
    std::size_t characters = 0;
    for (std::string_view rest{valid}; !rest.empty();) {
        const auto character = rest.substr(0, common::utf8_length(rest));
        rest.remove_prefix(character.size());
        const auto first = static_cast<unsigned char>(character[0]);
        const bool blank = first <= 0x20U || first == 0x7FU || common::begins_with_c1(character);
        if (blank && (shown.empty() || shown.back() == ' ')) {
            continue;
        }
        if (++characters > max_characters) {
            return shown + "…";
        }
        shown += blank ? std::string_view{" "} : character;
    }
    if (!shown.empty() && shown.back() == ' ') {
        shown.pop_back();
    }
    return shown;
}

/// The words of a string, or of one {"loc": [...], "msg": "..."} as validators answer. Their
/// `input` is left out because it may be the password.
std::string words_of_one(const json& value) {
    if (value.is_string()) {
        return value.get<std::string>();
    }
    if (!value.is_object() || !value.contains("msg") || !value["msg"].is_string()) {
        return {};
    }
    std::string place;
    if (const auto steps = value.find("loc"); steps != value.end() && steps->is_array()) {
        for (const auto& step : *steps) {
            if (step.is_string() || step.is_number()) {
                place += (place.empty() ? "" : ".") +
                         (step.is_string() ? step.get<std::string>() : step.dump());
            }
        }
    }
    return (place.empty() ? "" : place + ": ") + value["msg"].get<std::string>();
}

std::string words_of(const json& value) {
    if (!value.is_array()) {
        return words_of_one(value);
    }
    std::string words;
    for (const auto& one : value) {
        const auto part = words_of_one(one);
        words += (words.empty() || part.empty() ? "" : "; ") + part;
    }
    return words;
}

std::string words_in(const std::string& body) {
    const auto parsed = json::parse(body, nullptr, false);
    if (parsed.is_object()) {
        for (const char* key : {"detail", "message", "desc", "error", "title"}) {
            if (const auto found = parsed.find(key); found != parsed.end()) {
                if (auto words = words_of(*found); !words.empty()) {
                    return words;
                }
            }
        }
    }
    return body;
}

} // namespace

std::string server_words(const common::HttpReply& reply, const std::vector<std::string>& secrets) {
    const auto start = reply.body.find_first_not_of(" \t\r\n");
    if (start == std::string::npos) {
        return {};
    }
    if (reply.body[start] == '<') {
        return html_page;
    }
    auto words = words_in(reply.body.substr(start, max_body_bytes));
    for (const auto& secret : secrets) {
        mask(words, secret);
        if (const auto escaped = as_json_text(secret); escaped != secret) {
            mask(words, escaped);
        }
    }
    return for_people(words);
}

common::Error refusal(const std::string& call, const common::HttpReply& reply,
                      const std::vector<std::string>& secrets) {
    using common::Fault;
    const auto status = reply.status;
    auto message = call + " answered " + std::to_string(status);
    if (status >= 300 && status < 400) {
        const auto location = common::shown_location(reply.headers);
        message += location.empty() ? " without a Location" : " (a redirect to " + location + ")";
        return {Fault::unreachable,
                message + "; only 307 and 308 to the same scheme, host and port are followed: "
                          "server.url must be the final address"};
    }
    if (const auto schemes = common::asked_schemes(reply.headers);
        status == 401 && !schemes.empty()) {
        message += " (asks for " + schemes + ")";
    }
    if (status == network_login) {
        message += " (this network wants a login before it lets anything through)";
    }
    if (const auto words = server_words(reply, secrets); !words.empty()) {
        message += ": " + words;
    }
    if (status == 401 || status == 403) {
        return {Fault::refused, std::move(message)};
    }
    const bool later = status == 408 || status == 425 || status == 429;
    return {status >= 400 && status < 500 && !later ? Fault::input : Fault::unreachable,
            std::move(message)};
}

bool login_may_mend(const common::HttpReply& reply) {
    const auto speaks_of = [](std::string text, std::initializer_list<std::string_view> words) {
        text = common::ascii_lower(std::move(text));
        return std::ranges::any_of(
            words, [&](std::string_view word) { return text.find(word) != std::string::npos; });
    };
    switch (reply.status) {
    case 401:
    case 403:
    case 419: // Laravel: page expired
    case 440: // IIS: login time-out
    case 498: // ArcGIS: invalid token
        return true;
    case 302:
    case 303:
    case 307:
        return speaks_of(common::shown_location(reply.headers), {"login", "signin", "sign-in"});
    case 400:
    case 422:
        return speaks_of(server_words(reply, {}),
                         {"token", "credential", "authoriz", "authentic", "jwt", "bearer",
                          "session", "signature", "expired", "log in", "login"});
    default:
        return false;
    }
}

} // namespace agent::findface
