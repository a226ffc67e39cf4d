#include "test/fuzz/damage.hpp"

#include "test/fuzz/input.hpp"

#include <algorithm>

namespace fuzz {

std::vector<Change> damage(std::string& file, std::string_view bytes, std::size_t block,
                           std::size_t header) {
    std::vector<Change> changes;
    while (bytes.size() >= 5 && !file.empty()) {
        const auto kind = take_byte(bytes);
        const std::size_t number = take_byte(bytes);
        const auto high = std::size_t{take_byte(bytes)} * 256;
        const auto within = high + take_byte(bytes);
        const auto value = take_byte(bytes);
        const auto first = number == 0 ? 0 : header + (number - 1) * block;
        const auto length = number == 0 && header > 0 ? header : block;
        const auto at = std::min(first + within % length, file.size() - 1);
        const auto left = file.size() - at;
        switch (kind % 4) {
        case 0: // a byte
            file[at] = static_cast<char>(static_cast<unsigned char>(file[at]) ^ value);
            changes.push_back({at, at + 1});
            break;
        case 1: { // an area of one value
            const auto size = std::min<std::size_t>(left, std::size_t{value} * 16 + 1);
            std::fill_n(file.begin() + static_cast<std::ptrdiff_t>(at), size,
                        static_cast<char>(value % 2 == 0 ? 0 : value));
            changes.push_back({at, at + size});
            break;
        }
        case 2: // bytes are missing
            changes.push_back({at, file.size()});
            file.erase(at, value);
            break;
        default: // the end is missing
            changes.push_back({at, file.size()});
            file.resize(at);
            break;
        }
    }
    return changes;
}

} // namespace fuzz
