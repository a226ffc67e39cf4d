#include "common/http_client/response_body.hpp"

#include "common/text/invalid.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace common {

namespace {

constexpr std::size_t longest_line = std::size_t{16} * 1024;
constexpr std::size_t longest_trailer = std::size_t{64} * 1024;
constexpr std::uint64_t first_reserve = std::uint64_t{64} * 1024;

std::string show_size(std::size_t bytes) {
    return bytes % 1024 == 0 ? std::to_string(bytes / 1024) + " KiB"
                             : std::to_string(bytes) + " bytes";
}

std::string over_limit(std::size_t limit) {
    return "the body of the response is longer than " + show_size(limit);
}

} // namespace

ResponseBody::ResponseBody(BodyFraming framing, bool wanted, std::size_t limit)
    : framing_{std::move(framing)}, wanted_{wanted}, limit_{limit} {
    switch (framing_.kind) {
    case BodyFraming::Kind::none:
        state_ = State::done;
        return;
    case BodyFraming::Kind::length:
        left_ = framing_.length;
        state_ = left_ == 0 ? State::done : State::data;
        break;
    case BodyFraming::Kind::chunked:
        state_ = State::chunk_size;
        break;
    case BodyFraming::Kind::until_close:
        left_ = std::numeric_limits<std::uint64_t>::max();
        strict_ = false;
        break;
    }
    if (!wanted) {
        return;
    }
    if (!framing_.coding.empty()) {
        fault_ = "the body has a transfer coding that was not asked for, " +
                 quoted_bytes(framing_.coding);
    } else if (framing_.kind == BodyFraming::Kind::length && framing_.length > limit) {
        fault_ = over_limit(limit);
    } else if (framing_.kind == BodyFraming::Kind::length) {
        text.reserve(static_cast<std::size_t>(std::min(framing_.length, first_reserve)));
    }
}

std::size_t ResponseBody::put(std::string_view received) {
    std::size_t used = 0;
    while (!done() && fault_.empty() && used < received.size()) {
        const auto rest = received.substr(used);
        const auto taken = state_ == State::data ? put_data(rest) : put_line(rest);
        if (taken == 0) {
            break;
        }
        used += taken;
    }
    return used;
}

void ResponseBody::put_end() {
    strict_ = false;
    // Once the last chunk was read the body is whole, whatever becomes of its trailer.
    if (framing_.kind == BodyFraming::Kind::until_close || state_ == State::trailer) {
        state_ = State::done;
    } else if (!done()) {
        fault_ = "the connection was closed after " + std::to_string(size_) + " bytes of the body";
    }
}

std::size_t ResponseBody::put_data(std::string_view received) {
    const auto part = received.substr(
        0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, received.size())));
    if (part.size() > limit_ - size_) {
        fault_ = over_limit(limit_);
        return 0;
    }
    size_ += part.size();
    if (wanted_) {
        text.append(part);
    }
    if (framing_.kind != BodyFraming::Kind::until_close) {
        left_ -= part.size();
    }
    if (left_ == 0) {
        state_ = framing_.kind == BodyFraming::Kind::chunked ? State::chunk_end : State::done;
    }
    return part.size();
}

/// Takes one line, or nothing when its end has not come yet.
std::size_t ResponseBody::put_line(std::string_view received) {
    const auto end = received.find('\n');
    if (std::min(end, received.size()) > longest_line) {
        fault_ = "a line between the chunks of the body is longer than " + show_size(longest_line);
        return 0;
    }
    if (end == std::string_view::npos) {
        return 0;
    }
    auto line = received.substr(0, end);
    if (line.ends_with('\r')) {
        line.remove_suffix(1);
    } else {
        strict_ = false;
    }
    take_line(line);
    return end + 1;
}

void ResponseBody::take_line(std::string_view line) {
    if (state_ == State::chunk_size) {
        take_chunk_size(line);
    } else if (state_ == State::chunk_end) {
        state_ = State::chunk_size;
        if (!line.empty()) {
            fault_ = invalid("end of a chunk of the body", quoted_bytes(line), "an empty line");
        }
    } else if (line.empty()) {
        state_ = State::done;
    } else {
        trailer_size_ += line.size();
        strict_ = strict_ && line.find(':') != std::string_view::npos;
        if (trailer_size_ > longest_trailer) {
            fault_ = "the trailer of the body is longer than " + show_size(longest_trailer);
        }
    }
}

/// Hexadecimal digits, then a blank or an extension, which nobody needs. Anything else right behind
/// the digits may be part of the number ("0x2"), so it is a fault.
void ResponseBody::take_chunk_size(std::string_view line) {
    const auto* const end = line.data() + line.size();
    const auto read = std::from_chars(line.data(), end, left_, 16);
    const auto after = line.substr(static_cast<std::size_t>(read.ptr - line.data()));
    const bool ends = after.empty() || after[0] == ';' || after[0] == ' ' || after[0] == '\t';
    if (read.ec != std::errc{} || !ends) {
        fault_ = invalid("size of a chunk of the body", quoted_bytes(line), "a hexadecimal number");
        return;
    }
    strict_ = strict_ && (after.empty() || after[0] == ';');
    state_ = left_ == 0 ? State::trailer : State::data;
}

} // namespace common
