#include "common/net/url.hpp"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

namespace common {

namespace {

constexpr std::uint16_t default_port(bool tls) {
    return tls ? 443 : 80;
}

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
}

bool is_control_or_space(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7f;
}

bool is_control(char c) {
    return is_control_or_space(c) && c != ' ';
}

// What a resolver takes; everything else (also percent-encoded) could only confuse a header or a
// log line.
bool is_host_char(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_';
}

Result<std::uint16_t> read_port(const boost::urls::url_view& url, bool tls) {
    const std::string digits{url.port()};
    if (digits.empty()) {
        return default_port(tls);
    }
    std::uint16_t number = 0; // Boost.URL 1.81 wraps what does not fit
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc{} || end != digits.data() + digits.size() || number == 0) {
        return fail(Fault::input, "port " + digits.substr(0, 12) + " must be from 1 to 65535");
    }
    return number;
}

Result<std::string> read_host(const boost::urls::url_view& url) {
    using boost::urls::host_type;
    switch (url.host_type()) {
    case host_type::ipv4:
        return std::string{url.host_address()};
    case host_type::ipv6:
        return lower(std::string{url.host_address()});
    case host_type::name: {
        const auto host = lower(std::string{url.host_name()});
        if (host.empty()) {
            break;
        }
        if (host.size() > 253 || !std::ranges::all_of(host, is_host_char)) {
            return fail(Fault::input, "the host must be a name of letters, digits, '-', '.' and "
                                      "'_', an IPv4 address, or an IPv6 address in [ ]");
        }
        return host;
    }
    default:
        break;
    }
    return fail(Fault::input, "no host in the URL; it must look like http://host:8080/path");
}

} // namespace

std::string Url::authority() const {
    auto text = host.find(':') == std::string::npos ? host : "[" + host + "]";
    if (port != default_port(tls())) {
        text += ":" + std::to_string(port);
    }
    return text;
}

std::string Url::origin() const {
    return scheme + "://" + authority();
}

std::string Url::shown() const {
    return origin() + target;
}

Result<Url> parse_url(std::string_view text) {
    if (std::ranges::any_of(text, is_control_or_space)) {
        return fail(Fault::input,
                    "a URL has no spaces and no control characters (a space is written %20)");
    }
    const auto parsed = boost::urls::parse_uri(boost::urls::string_view{text.data(), text.size()});
    // Boost 1.81 takes what follows a port for a path ("http://host:80@evil/"); RFC 3986
    // section 3.3 has it begin with a slash.
    if (!parsed || !(parsed->encoded_path().empty() || parsed->encoded_path().starts_with('/') ||
                     !parsed->has_authority())) {
        // Boost's reason would not help, and the text may hold a password.
        return fail(Fault::input, "not an absolute http or https URL such as http://host:8080/path "
                                  "(other characters are percent-encoded)");
    }
    Url url;
    url.scheme = lower(std::string{parsed->scheme()});
    if (url.scheme != "http" && url.scheme != "https") {
        return fail(Fault::input,
                    "the scheme is " + url.scheme.substr(0, 20) + ", it must be http or https");
    }
    auto host = read_host(*parsed);
    if (!host) {
        return fail(host.error());
    }
    url.host = std::move(*host);
    const auto port = read_port(*parsed, url.tls());
    if (!port) {
        return fail(port.error());
    }
    url.port = *port;
    url.user = parsed->user();
    url.password = parsed->password();
    if (std::ranges::any_of(url.user, is_control) ||
        std::ranges::any_of(url.password, is_control)) {
        return fail(Fault::input, "the URL's user and password must not hold control characters");
    }
    if (url.user.find(':') != std::string::npos) {
        return fail(Fault::input, "the URL's user must not hold a colon (RFC 7617)");
    }
    url.target = std::string{parsed->encoded_path()};
    if (url.target.empty()) {
        url.target = "/";
    }
    if (parsed->has_query()) {
        url.target += "?" + std::string{parsed->encoded_query()};
    }
    return url;
}

Result<Url> resolve(const Url& base, std::string_view reference) {
    const auto base_text = base.shown(); // what is parsed are views into it
    const auto parsed_base = boost::urls::parse_uri(base_text);
    const auto parsed = boost::urls::parse_uri_reference(
        boost::urls::string_view{reference.data(), reference.size()});
    if (!parsed_base || !parsed) {
        return fail(Fault::input, "not a URL, neither absolute nor relative to " + base_text);
    }
    boost::urls::url whole;
    if (!boost::urls::resolve(*parsed_base, *parsed, whole)) {
        return fail(Fault::input, "not a URL relative to " + base_text);
    }
    auto url = parse_url(std::string_view{whole.data(), whole.size()});
    if (url && !parsed->has_scheme() && !parsed->has_authority()) {
        url->user = base.user;
        url->password = base.password;
    }
    return url;
}

} // namespace common
