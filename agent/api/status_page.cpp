#include "agent/api/status_page.hpp"

#include "agent/api/status_page_text.hpp"
#include "common/base/crypto.hpp"

#include <cassert>
#include <string>

namespace agent {

namespace {

/// The digest as a browser computes it (CSP Level 3, section 6.7.2): over every byte between the
/// tags.
std::string digest_source(std::string_view open, std::string_view close) {
    const auto tag = status_page_text.find(open);
    const auto begin = tag + open.size();
    const auto end = status_page_text.find(close, begin);
    assert(tag != std::string_view::npos && end != std::string_view::npos);
    const auto digest = common::sha256(status_page_text.substr(begin, end - begin));
    return "'sha256-" +
           common::base64({reinterpret_cast<const char*>(digest.data()), digest.size()}) + "'";
}

std::string content_policy() {
    return "default-src 'none'; script-src " + digest_source("<script>", "</script>") +
           "; style-src " + digest_source("<style>", "</style>") +
           "; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
           "frame-ancestors 'none'";
}

} // namespace

common::HttpReply status_page() {
    static const std::string policy = content_policy();
    return {200,
            {{"Content-Type", "text/html; charset=utf-8"},
             {"Content-Security-Policy", policy},
             {"X-Content-Type-Options", "nosniff"},
             {"Referrer-Policy", "no-referrer"},
             {"Cache-Control", "no-store"}},
            std::string{status_page_text}};
}

} // namespace agent
