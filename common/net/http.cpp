#include "common/net/http.hpp"

#include "common/base/ascii.hpp"

#include <algorithm>

namespace common {

namespace {

bool is_token_char(char c) {
    const char lower = ascii_lower(c);
    const bool alphanumeric = (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z');
    return alphanumeric || std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
}

} // namespace

std::optional<std::string_view> find_header(const Headers& headers, std::string_view name) {
    for (const auto& header : headers) {
        if (equal_ignoring_case(header.name, name)) {
            return header.value;
        }
    }
    return std::nullopt;
}

bool valid_header(std::string_view name, std::string_view value) {
    const auto is_text = [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return c == '\t' || (byte >= 0x20 && byte != 0x7f);
    };
    return !name.empty() && std::ranges::all_of(name, is_token_char) &&
           std::ranges::all_of(value, is_text);
}

bool is_framing_header(std::string_view name) {
    constexpr std::string_view framing[] = {"Connection", "Content-Length", "Transfer-Encoding"};
    return std::ranges::any_of(
        framing, [name](std::string_view one) { return equal_ignoring_case(name, one); });
}

} // namespace common
