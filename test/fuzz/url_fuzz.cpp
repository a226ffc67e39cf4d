// A URL is read again as the same one, from whatever is sent or shown of it. The first line is the
// URL, the second a reference to another one.

#include "common/net/masked_url.hpp"
#include "common/net/url.hpp"
#include "test/fuzz/input.hpp"
#include "test/fuzz/target.hpp"

#include <algorithm>

namespace {

using common::Url;
using fuzz::require;

std::string encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string all;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        all.append({'%', digits[byte >> 4U], digits[byte & 15U]});
    }
    return all;
}

std::string written(const Url& url) {
    auto text = url.scheme + "://";
    if (!url.user.empty() || !url.password.empty()) {
        text += encoded(url.user) + ':' + encoded(url.password) + '@';
    }
    return text + url.authority() + url.target;
}

bool can_be_sent(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

void require_sound(const Url& url) {
    require(!url.host.empty() && url.port != 0, "a URL has a host and a port");
    require(url.target.starts_with('/'), "a target begins with a slash");
    require(can_be_sent(url.target) && can_be_sent(url.authority()), "it can stand in a head");
    const auto again = common::parse_url(written(url));
    require(again && *again == url, "what is sent is read as the same URL");
    const auto shown = common::parse_url(url.shown());
    require(shown && shown->origin() == url.origin() && shown->user.empty() &&
                shown->password.empty(),
            "what is shown is read as the same place, without a login");
    require(shown->shown() == url.shown(), "and shown the same");
}

void read(std::string_view bytes) {
    const auto text = fuzz::take_line(bytes);
    const auto url = common::parse_url(text);
    common::masked_text(text);
    if (!url) {
        require(!url.error().message.empty(), "what is wrong is said");
        return;
    }
    require_sound(*url);
    const auto itself = common::resolve(*url, written(*url));
    require(itself && *itself == *url, "a URL refers to itself");
    const auto nothing = common::resolve(*url, "");
    require(nothing && *nothing == *url, "an empty reference, too");
    if (const auto other = common::resolve(*url, fuzz::take_line(bytes))) {
        require_sound(*other);
    }
}

const fuzz::Registered registered{{"url", read}};

} // namespace
