#include "agent/webhooks/signature.hpp"

#include "common/base/crypto.hpp"

#include <algorithm>
#include <charconv>

namespace agent {

namespace {

constexpr std::int64_t tolerance_s = 300;

std::string signed_content(const SignedParts& parts) {
    std::string content;
    content.reserve(parts.id.size() + parts.timestamp.size() + parts.body.size() + 2);
    content.append(parts.id).append(".").append(parts.timestamp).append(".").append(parts.body);
    return content;
}

std::string sign_with(const std::string& key, const std::string& content) {
    const auto mac = common::hmac_sha256(key, content);
    return "v1," + common::base64({reinterpret_cast<const char*>(mac.data()), mac.size()});
}

bool is_near(std::string_view timestamp, std::int64_t now_s) {
    std::int64_t at = 0;
    const auto* const text_end = timestamp.data() + timestamp.size();
    const auto [end, error] = std::from_chars(timestamp.data(), text_end, at);
    return error == std::errc{} && end == text_end && at >= now_s - tolerance_s &&
           at <= now_s + tolerance_s;
}

} // namespace

std::string sign(const std::vector<std::string>& keys, const SignedParts& parts) {
    const auto content = signed_content(parts);
    std::string all;
    for (const auto& key : keys) {
        all.append(all.empty() ? "" : " ").append(sign_with(key, content));
    }
    return all;
}

SignatureVerdict judge_signature(const std::vector<std::string>& keys, const SignedParts& parts,
                                 std::string_view signature, std::int64_t now_s) {
    if (signature.empty()) {
        return SignatureVerdict::missing;
    }
    const auto content = signed_content(parts);
    while (!signature.empty()) {
        const auto one = signature.substr(0, signature.find(' '));
        signature.remove_prefix(std::min(one.size() + 1, signature.size()));
        for (const auto& key : keys) {
            if (common::equal_in_constant_time(one, sign_with(key, content))) {
                return is_near(parts.timestamp, now_s) ? SignatureVerdict::good
                                                       : SignatureVerdict::outdated;
            }
        }
    }
    return SignatureVerdict::wrong;
}

} // namespace agent
