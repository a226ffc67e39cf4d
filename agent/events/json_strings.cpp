#include "agent/events/json_strings.hpp"

namespace agent {

namespace {

/// Whether a string with this content is valid without a look at its characters one by one.
bool is_plain(std::string_view content) {
    unsigned strange = 0;
    for (const char c : content) { // to the end in any case and without branches: so it vectorises
        const auto byte = static_cast<unsigned char>(c);
        strange |= static_cast<unsigned>(byte < 0x20) | static_cast<unsigned>(byte >= 0x80) |
                   static_cast<unsigned>(byte == '\\');
    }
    return strange == 0;
}

} // namespace

std::optional<std::string> with_cut_strings(std::string_view json, std::size_t longest) {
    std::string cut;
    std::size_t copied = 0;
    for (auto quote = json.find('"'); quote != std::string_view::npos;) {
        const auto end = string_end(json, quote);
        if (end == std::string_view::npos) {
            break;
        }
        const auto content = json.substr(quote + 1, end - quote - 1);
        if (content.size() > longest && is_plain(content)) {
            cut += json.substr(copied, quote + 1 + longest + 1 - copied);
            copied = end;
        }
        quote = json.find('"', end + 1);
    }
    if (copied == 0) {
        return std::nullopt;
    }
    return cut += json.substr(copied);
}

} // namespace agent
