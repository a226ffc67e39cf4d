#include "common/net/url.hpp"

#include "common/base/ascii.hpp"
#include "common/text/invalid.hpp"

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

bool is_control_or_space(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7f;
}

bool is_control(char c) {
    return is_control_or_space(c) && c != ' ';
}

// The characters of names that resolve. Others, percent-encoded or not, could only confuse a header
// or a log line.
bool is_host_char(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_';
}

Result<std::uint16_t> read_port(const boost::urls::url_view& url, bool tls) {
    const std::string digits{url.port()};
    if (digits.empty()) {
        return default_port(tls);
    }
    std::uint16_t number = 0; // Boost.URL 1.81 wraps numbers that do not fit
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc{} || end != digits.data() + digits.size() || number == 0) {
        return fail(Fault::input,
                    invalid("URL port", digits.substr(0, 12), "a number from 1 to 65535"));
    }
    return number;
}

Result<std::string> read_host(const boost::urls::url_view& url) {
    using boost::urls::host_type;
    switch (url.host_type()) {
    case host_type::ipv4:
        return std::string{url.host_address()};
    case host_type::ipv6:
        return ascii_lower(std::string{url.host_address()});
    case host_type::name: {
        auto host = ascii_lower(std::string{url.host_name()});
        if (host.empty()) {
            break;
        }
        if (host.size() > 253 || !std::ranges::all_of(host, is_host_char)) {
            return fail(Fault::input,
                        "invalid URL host: expected a name of letters, digits, "
                        "\"-\", \".\" and \"_\", an IPv4 address, or an IPv6 address in "
                        "brackets");
        }
        return host;
    }
    default:
        break;
    }
    return fail(Fault::input, "no host in the URL: expected a form like http://host:8080/path");
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
        return fail(
            Fault::input,
            "space or control character in the URL: expected percent-encoding, such as %20");
    }
    const auto parsed = boost::urls::parse_uri(boost::urls::string_view{text.data(), text.size()});
    // Boost 1.81 reads whatever follows a port as a path ("http://host:80@evil/"), but by RFC 3986
    // section 3.3 a path begins with a slash.
    if (!parsed || !(parsed->encoded_path().empty() || parsed->encoded_path().starts_with('/') ||
                     !parsed->has_authority())) {
        // Boost's reason would not help, and the text may contain a password.
        return fail(Fault::input, "expected an absolute http or https URL such as "
                                  "http://host:8080/path (other characters percent-encoded)");
    }
    Url url;
    url.scheme = ascii_lower(std::string{parsed->scheme()});
    if (url.scheme != "http" && url.scheme != "https") {
        return fail(Fault::input, invalid("URL scheme", url.scheme.substr(0, 20), "http or https"));
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
        return fail(Fault::input, "control character in the URL's user or password: expected none");
    }
    if (url.user.find(':') != std::string::npos) {
        return fail(Fault::input, "colon in the URL's user: expected none (RFC 7617)");
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
    const auto base_text = base.shown(); // the parse results are views into it
    const auto parsed_base = boost::urls::parse_uri(base_text);
    const auto parsed = boost::urls::parse_uri_reference(
        boost::urls::string_view{reference.data(), reference.size()});
    if (!parsed_base || !parsed) {
        return fail(Fault::input, "expected a URL, absolute or relative to " + base_text);
    }
    boost::urls::url whole;
    if (!boost::urls::resolve(*parsed_base, *parsed, whole)) {
        return fail(Fault::input, "expected a URL relative to " + base_text);
    }
    auto url = parse_url(std::string_view{whole.data(), whole.size()});
    if (url && !parsed->has_scheme() && !parsed->has_authority()) {
        url->user = base.user;
        url->password = base.password;
    }
    return url;
}

} // namespace common
