#include "common/http_client/response_head.hpp"

#include "common/base/ascii.hpp"
#include "common/text/invalid.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace common {

namespace {

constexpr std::string_view blanks = " \t";
/// Of what `headers` keeps. Later ones still say how the body ends.
constexpr std::size_t kept_limit = std::size_t{64} * 1024;
constexpr std::size_t header_overhead = sizeof(Header);

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool has_control(std::string_view text) {
    return std::ranges::any_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t') || byte == 0x7f;
    });
}

bool begins_with_http(std::string_view text) {
    constexpr std::string_view name = "HTTP/";
    const auto size = std::min(text.size(), name.size());
    return equal_ignoring_case(text.substr(0, size), name.substr(0, size));
}

/// The part of `text` before the first of `ends`.
std::string_view head_of(std::string_view text, std::string_view ends) {
    return text.substr(0, std::min(text.find_first_of(ends), text.size()));
}

template <class Each> void for_each_item(std::string_view list, const Each& each) {
    for (;;) {
        const auto item = head_of(list, ",");
        each(trim(item, blanks));
        if (item.size() == list.size()) {
            return;
        }
        list.remove_prefix(item.size() + 1);
    }
}

/// Versions with which curl or Python's http.client take a status line for one of HTTP/1: a server
/// that says HTTP/2 to a request in HTTP/1.1 means the program, not the protocol.
bool is_version(std::string_view version) {
    return version.starts_with("1.") ? std::ranges::all_of(version.substr(2), is_digit)
                                     : version == "2" || version == "2.0" || version == "0.9";
}

std::string too_long() {
    return "the head of the response is longer than " +
           std::to_string(ResponseHead::longest / 1024) + " KiB";
}

/// Of an answer that is not HTTP, so much is shown, and no more is waited for.
constexpr std::size_t shown_bytes = 60;

std::string not_http(std::string_view begin) {
    begin = head_of(begin, "\r\n");
    if (begin.empty()) {
        return "the answer is not HTTP, it begins with an empty line";
    }
    const bool tls =
        begin.size() > 1 && (begin[0] == '\x15' || begin[0] == '\x16') && begin[1] == '\x03';
    return "the answer is not HTTP, it begins with " + quoted_bytes(begin) +
           (tls ? " (TLS: the other side may expect https)" : "");
}

} // namespace

std::string quoted_bytes(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text{"\""};
    for (const char c : bytes.substr(0, shown_bytes)) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            text.append({'\\', c});
        } else if (byte < 0x20 || byte >= 0x7f) {
            text.append({'\\', 'x', digits[byte >> 4U], digits[byte & 0xfU]});
        } else {
            text += c;
        }
    }
    return text.append(bytes.size() > shown_bytes ? "…\"" : "\"");
}

std::size_t ResponseHead::put(std::string_view received) {
    std::size_t used = 0;
    while (!done_ && fault_.empty()) {
        const auto rest = received.substr(used);
        const auto end = rest.find('\n');
        const bool shows = end != std::string_view::npos || rest.size() > shown_bytes;
        if (status_ == 0 && shows && !begins_with_http(trim(rest, blanks))) {
            fault_ = not_http(rest);
            break;
        }
        if (size_ + std::min(end, rest.size()) > longest) {
            fault_ = too_long();
            break;
        }
        if (end == std::string_view::npos) {
            break;
        }
        auto line = rest.substr(0, end);
        used += end + 1;
        size_ += end + 1;
        const auto with_returns = line.size();
        while (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        strict_ = strict_ && with_returns == line.size() + 1;
        take_line(line);
    }
    return used;
}

void ResponseHead::put_end(std::string_view rest) {
    strict_ = false;
    if (status_ >= 200) {
        // What is left of a header line may be half of its value, so it says nothing.
        end_field();
        done_ = true;
    } else if (status_ == 0 && !rest.empty()) {
        // "HTTP/1.1 20" may have become 200 or 204, and "HTTP/1.1 200" may have become 2000.
        fault_ =
            begins_with_http(trim(rest, blanks))
                ? "the connection was closed in the middle of the status line " + quoted_bytes(rest)
                : not_http(rest);
    } else {
        fault_ = status_ == 0 ? "the peer closed the connection"
                              : "the connection was closed in the middle of the head of an interim "
                                "response, " +
                                    shown_line_;
    }
}

void ResponseHead::take_line(std::string_view line) {
    if (status_ == 0) {
        take_status(line);
    } else if (line.empty()) {
        end_field();
        done_ = true;
    } else {
        take_field(line);
    }
}

/// `HTTP/1.1 200 OK`; the reason is not needed (RFC 9112, section 4), and many leave out the blank
/// before it, too. What follows the three digits may be anything but a fourth one.
void ResponseHead::take_status(std::string_view line) {
    constexpr std::size_t name = 5;
    const auto text = line.substr(std::min(line.find_first_not_of(blanks), line.size()));
    const auto after_name = text.substr(std::min(name, text.size()));
    const auto version = head_of(after_name, " \t\v\f");
    const auto after_version = after_name.substr(version.size());
    const auto code = after_version.substr(
        std::min(after_version.find_first_not_of(" \t\v\f"), after_version.size()));
    const bool is_code = code.size() >= 3 && code[0] >= '1' && is_digit(code[0]) &&
                         is_digit(code[1]) && is_digit(code[2]) &&
                         (code.size() == 3 || !is_digit(code[3]));
    if (!is_version(version) || !is_code) {
        fault_ = invalid("status line", quoted_bytes(line),
                         "HTTP/1.1 and a status of three digits from 100 to 999");
        return;
    }
    std::from_chars(code.data(), code.data() + 3, status_);
    shown_line_ = quoted_bytes(line);
    old_version_ = version == "1.0";
    strict_ = strict_ && text.size() == line.size() && (old_version_ || version == "1.1") &&
              text.starts_with("HTTP/") && code.size() + 1 == after_version.size() &&
              after_version[0] == ' ' && code.size() > 3 && code[3] == ' ' && !has_control(code);
}

void ResponseHead::take_field(std::string_view line) {
    if (blanks.find(line.front()) != std::string_view::npos) {
        strict_ = false;
        if (field_) { // obs-fold of RFC 9112, section 5.2
            field_->value.append(" ").append(trim(line, blanks));
        }
        return;
    }
    end_field();
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) {
        strict_ = false;
        return;
    }
    const auto name = trim(line.substr(0, colon), blanks);
    strict_ = strict_ && name.size() == colon;
    field_ = Header{std::string{name}, std::string{trim(line.substr(colon + 1), blanks)}};
}

void ResponseHead::end_field() {
    if (!field_) {
        return;
    }
    auto header = std::move(*field_);
    field_.reset();
    if (is_framing_header(header.name)) {
        note_framing(header);
    }
    // Callers rely on it that what they get contains no control characters.
    if (!valid_header(header.name, header.value)) {
        strict_ = false;
        return;
    }
    kept_size_ += header.name.size() + header.value.size() + header_overhead;
    if (kept_size_ <= kept_limit) {
        headers.push_back(std::move(header));
    }
}

void ResponseHead::note_framing(const Header& header) {
    const auto lower = ascii_lower(header.name);
    for_each_item(header.value, [&](std::string_view item) {
        if (lower == "content-length") {
            note_length(item);
        } else if (lower == "connection") {
            says_close_ = says_close_ || equal_ignoring_case(item, "close");
            says_keep_alive_ = says_keep_alive_ || equal_ignoring_case(item, "keep-alive");
        } else if (!item.empty() && !equal_ignoring_case(item, "identity")) {
            codings_.push_back(ascii_lower(std::string{item}));
        }
    });
}

void ResponseHead::note_length(std::string_view value) {
    std::uint64_t length = 0;
    const auto* const end = value.data() + value.size();
    const auto read = std::from_chars(value.data(), end, length);
    const bool good = read.ec == std::errc{} && read.ptr == end;
    bad_length_ = bad_length_ || !good || (length_ && *length_ != length);
    strict_ = strict_ && !bad_length_ && !length_;
    length_ = length;
}

bool ResponseHead::is_bodiless() const {
    return status_ < 200 || status_ == 204 || status_ == 304;
}

BodyFraming ResponseHead::framing(bool of_head_request) const {
    if (of_head_request || is_bodiless()) {
        return {BodyFraming::Kind::none};
    }
    BodyFraming framing;
    for (const auto& coding : codings_) {
        if (coding != "chunked" && framing.coding.empty()) {
            framing.coding = coding;
        }
    }
    if (!codings_.empty()) {
        framing.kind = codings_.back() == "chunked" ? BodyFraming::Kind::chunked
                                                    : BodyFraming::Kind::until_close;
    } else if (length_ && !bad_length_) {
        framing.kind = BodyFraming::Kind::length;
        framing.length = *length_;
    }
    // A length that is no number, or two that differ, may be wrong in either way. Up to the end of
    // the connection it is at least all that the peer sent; curl gives such an answer up, and
    // Python's http.client reads it like this.
    return framing;
}

/// Where it is in doubt how the peer counts, the next response could be read out of this one's body
/// (RFC 9112, section 11.1).
bool ResponseHead::keeps_connection() const {
    const bool two_lengths = !codings_.empty() && (length_ || old_version_);
    const bool length_without_body = status_ == 204 && (length_ || !codings_.empty());
    return done_ && strict_ && !says_close_ && (says_keep_alive_ || !old_version_) &&
           !two_lengths && !length_without_body && codings_.size() <= 1;
}

} // namespace common
