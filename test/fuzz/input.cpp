#include "test/fuzz/input.hpp"

#include <algorithm>

namespace fuzz {

std::string_view take_line(std::string_view& bytes) {
    const auto end = std::min(bytes.find('\n'), bytes.size());
    const auto line = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    return line;
}

std::uint8_t take_byte(std::string_view& bytes) {
    if (bytes.empty()) {
        return 0;
    }
    const auto byte = static_cast<std::uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    return byte;
}

std::vector<std::string_view> pieces_of(std::string_view text, std::string_view sizes) {
    if (sizes.empty()) {
        return {text};
    }
    std::vector<std::string_view> pieces;
    for (std::size_t i = 0; !text.empty(); ++i) {
        const auto size = (static_cast<unsigned char>(sizes[i % sizes.size()]) - 0x21U) % 64U + 1;
        pieces.push_back(text.substr(0, size));
        text.remove_prefix(pieces.back().size());
    }
    return pieces;
}

} // namespace fuzz
