#include "common/net/url.hpp"

#include "common/base/ascii.hpp"
#include "common/net/address.hpp"
#include "common/net/masked_url.hpp"
#include "common/net/url_host.hpp"
#include "common/net/url_text.hpp"
#include "common/text/invalid.hpp"

#include <algorithm>
#include <charconv>

namespace common {

namespace {

constexpr const char* no_host = "no host in the URL: expected a form like http://host:8080/path";
constexpr auto none = std::string_view::npos;

constexpr std::uint16_t default_port(bool tls) {
    return tls ? 443 : 80;
}

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
}

bool is_slash(char c) {
    return c == '/' || c == '\\';
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// The scheme before the first colon, in lower case; empty if there is none.
std::string scheme_of(std::string_view text) {
    const auto is_letter = [](char c) { return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'; };
    const auto colon = text.find(':');
    const auto scheme = text.substr(0, colon);
    const bool valid = colon != none && !scheme.empty() && is_letter(scheme.front()) &&
                       std::ranges::all_of(scheme, [&](char c) {
                           return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
                       });
    return valid ? ascii_lower(std::string{scheme}) : std::string{};
}

/// Reads the parts of one URL, left to right.
class UrlReader {
  public:
    explicit UrlReader(std::string_view text) : whole_{text}, rest_{text} {}

    Result<Url> read() {
        const auto trimmed = trim(rest_);
        skip(trimmed.empty() ? rest_.size()
                             : static_cast<std::size_t>(trimmed.data() - rest_.data()));
        rest_ = trimmed;
        for (const auto step : {&UrlReader::read_scheme, &UrlReader::read_authority}) {
            if (auto done = (this->*step)(); !done) {
                return fail(std::move(done.error()));
            }
        }
        url_.target = target_of(rest_);
        return std::move(url_);
    }

    /// Path and query as they are sent; the fragment is left out.
    static std::string target_of(std::string_view text) {
        text = text.substr(0, text.find('#'));
        const auto question = text.find('?');
        std::string path{text.substr(0, question)};
        std::ranges::replace_if(path, is_slash, '/');
        auto target = path.empty() ? "/" : url_text::encode_path(path);
        if (question != none) {
            target += "?" + url_text::encode_query(text.substr(question + 1));
        }
        return target;
    }

  private:
    void skip(std::size_t count) {
        rest_.remove_prefix(count);
        at_ += count;
    }

    /// "^" at character 17; `from_here`: in bytes.
    [[nodiscard]] std::string character(std::size_t from_here) const {
        const auto one = rest_.substr(from_here);
        return url_text::character_at(whole_, at_ + from_here, one.substr(0, utf8_length(one)));
    }

    Result<void> read_scheme() {
        if (const auto bad = std::ranges::find_if(rest_, is_control); bad != rest_.end()) {
            return fail(Fault::input, "URL: control character " +
                                          character(static_cast<std::size_t>(bad - rest_.begin())) +
                                          ": expected none, or percent-encoding such as %0A");
        }
        url_.scheme = scheme_of(rest_);
        if (url_.scheme.empty()) {
            return fail(Fault::input, "expected an absolute http or https URL such as "
                                      "http://host:8080/path");
        }
        if (url_.scheme != "http" && url_.scheme != "https") {
            return fail(Fault::input,
                        invalid("URL scheme", url_.scheme.substr(0, 20), "http or https"));
        }
        skip(url_.scheme.size() + 1);
        if (rest_.size() < 2 || !is_slash(rest_[0]) || !is_slash(rest_[1])) {
            return fail(Fault::input, no_host);
        }
        skip(2);
        return {};
    }

    Result<void> read_authority() {
        const auto authority = rest_.substr(0, rest_.find_first_of("/\\?#"));
        const auto after = rest_.substr(authority.size());
        // A raw slash in a password ends the authority, and what is taken for host and port then is
        // a part of the password.
        may_be_secret_ = after.find('@') != none;
        rest_ = authority;
        if (const auto at = rest_.rfind('@'); at != none) {
            if (auto login = read_login(rest_.substr(0, at)); !login) {
                return login;
            }
            skip(at + 1);
        }
        if (auto host = rest_.starts_with('[') ? read_bracketed() : read_name(); !host) {
            return host;
        }
        if (auto port = read_port(); !port) {
            return port;
        }
        rest_ = after;
        return {};
    }

    Result<void> read_login(std::string_view text) {
        const auto colon = text.find(':');
        url_.user = url_text::decode(text.substr(0, colon)).text;
        url_.password = colon == none ? "" : url_text::decode(text.substr(colon + 1)).text;
        if (std::ranges::any_of(url_.user, is_control) ||
            std::ranges::any_of(url_.password, is_control)) {
            return fail(Fault::input,
                        "control character in the URL's user or password: expected none");
        }
        if (url_.user.find(':') != none) {
            return fail(Fault::input, "colon in the URL's user: expected none (RFC 7617)");
        }
        return {};
    }

    Result<void> read_bracketed() {
        const auto end = rest_.find(']');
        if (end == none) {
            return fail(Fault::input, "URL host: " + character(0) +
                                          " has no closing bracket: expected a form like "
                                          "http://[fd00::10]:8080/path");
        }
        auto host = read_ipv6(rest_.substr(1, end - 1), {whole_, at_ + 1, may_be_secret_});
        if (!host) {
            return fail(std::move(host.error()));
        }
        url_.host = std::move(*host);
        skip(end + 1);
        if (!rest_.empty() && rest_.front() != ':') {
            return fail(Fault::input,
                        "URL host: " + character(0) +
                            " behind the bracket: expected \":\" and a port, or \"/\"");
        }
        return {};
    }

    Result<void> read_name() {
        const auto text = rest_.substr(0, rest_.find(':'));
        const auto without_zone = rest_.substr(0, rest_.find('%'));
        if (rest_.find(':', text.size() + 1) != none && parse_address(without_zone)) {
            return fail(Fault::input, "URL host: " + character(0) +
                                          " begins an IPv6 address: expected brackets around it, "
                                          "such as http://[fd00::10]:8080/path");
        }
        if (text.empty()) {
            return fail(Fault::input, no_host);
        }
        auto host = read_name_or_ipv4(text, {whole_, at_, may_be_secret_});
        if (!host) {
            return fail(std::move(host.error()));
        }
        url_.host = std::move(*host);
        skip(text.size());
        return {};
    }

    /// "", ":" or ":8080".
    Result<void> read_port() {
        url_.port = default_port(url_.tls());
        if (rest_.size() <= 1) {
            return {};
        }
        skip(1);
        constexpr const char* expected = "a number from 1 to 65535";
        if (const auto bad = std::ranges::find_if_not(rest_, is_digit); bad != rest_.end()) {
            const auto from_here = static_cast<std::size_t>(bad - rest_.begin());
            return fail(Fault::input,
                        may_be_secret_
                            ? std::string{"URL port: expected "} + expected +
                                  " (a \"/\", \"?\" or \"#\" in a password is percent-encoded)"
                            : "URL port: " + character(from_here) + ": expected " + expected);
        }
        const auto [end, error] =
            std::from_chars(rest_.data(), rest_.data() + rest_.size(), url_.port);
        if (error != std::errc{} || url_.port == 0) {
            return fail(Fault::input,
                        invalid("URL port",
                                may_be_secret_ ? "(not shown)" : std::string{rest_.substr(0, 12)},
                                expected));
        }
        return {};
    }

    std::string_view whole_;
    std::string_view rest_; // what is not read yet
    std::size_t at_ = 0;    // where rest_ begins in whole_
    bool may_be_secret_ = false;
    Url url_;
};

/// RFC 3986 section 5.2.4, for a path that begins with a slash.
std::string without_dot_segments(std::string_view path) {
    std::string clean;
    while (!path.empty()) {
        const auto slash = path.find('/', 1);
        const auto segment = path.substr(0, slash);
        path = slash == none ? std::string_view{} : path.substr(slash);
        if (segment == "/..") {
            clean.resize(std::min(clean.rfind('/'), clean.size()));
        } else if (segment != "/.") {
            clean += segment;
            continue;
        }
        clean += path.empty() ? "/" : "";
    }
    return clean;
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
    const auto question = std::min(target.find('?'), target.size());
    const auto path = origin() + target.substr(0, question);
    return question == target.size() ? path
                                     : path + "?" + masked_query(target.substr(question + 1));
}

Result<Url> parse_url(std::string_view text) {
    return UrlReader{text}.read();
}

Result<Url> resolve(const Url& base, std::string_view reference) {
    reference = trim(reference);
    if (!scheme_of(reference).empty()) {
        return parse_url(reference);
    }
    if (reference.size() > 1 && is_slash(reference[0]) && is_slash(reference[1])) {
        return parse_url(base.scheme + ":" + std::string{reference});
    }
    // RFC 3986 section 4.2: a relative path has no colon in its first segment.
    const bool broken_scheme = reference.find(':') < reference.find_first_of("/\\?#");
    if (broken_scheme || std::ranges::any_of(reference, is_control)) {
        return fail(Fault::input, "expected a URL, absolute or relative to " + base.shown());
    }
    reference = reference.substr(0, reference.find('#'));
    const auto base_path = std::string_view{base.target}.substr(0, base.target.find('?'));
    auto url = base;
    if (reference.starts_with('?')) {
        url.target = UrlReader::target_of(std::string{base_path}.append(reference));
    } else if (!reference.empty()) {
        const bool from_root = is_slash(reference.front());
        std::string whole{from_root ? std::string_view{}
                                    : base_path.substr(0, base_path.rfind('/') + 1)};
        auto target = UrlReader::target_of(whole.append(reference));
        const auto path = std::min(target.find('?'), target.size());
        url.target =
            without_dot_segments(std::string_view{target}.substr(0, path)) + target.substr(path);
    }
    return url;
}

} // namespace common
