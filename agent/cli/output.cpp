#include "agent/cli/output.hpp"

#include "agent/cli/table.hpp"
#include "agent/config/text_file.hpp"
#include "agent/service/exit_codes.hpp"
#include "common/base/ascii.hpp"
#include "common/base/printable.hpp"

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace agent {

int complain(int code, std::string_view message) {
    std::cerr << "ffl-agent: " << common::printable(message) << '\n';
    return code;
}

int complain(const common::Error& error) {
    return complain(exit_code::of(error), error.message);
}

common::Result<std::string> read_input(const std::string& file) {
    auto text =
        file == "-" ? read_text_input(most_of_events) : read_text_file(file, most_of_events);
    if (!text && text.error().fault == common::Fault::refused) {
        text.error().fault = common::Fault::storage; // no server has refused anything
    }
    return text;
}

void print_table(const std::vector<std::vector<std::string>>& rows) {
    Table table{{rows.front().begin(), rows.front().end()}};
    for (auto row = rows.begin() + 1; row != rows.end(); ++row) {
        table.add({row->begin(), row->end()});
    }
    std::cout << table.text(screen_of(STDOUT_FILENO, Colour::automatic));
}

std::string show_seconds(const nlohmann::json& seconds) {
    if (!seconds.is_number()) {
        return "-";
    }
    const auto whole = static_cast<long long>(seconds.get<double>());
    if (whole < 60) {
        return std::to_string(whole) + "s";
    }
    if (whole < 3600) {
        return std::to_string(whole / 60) + "m " + std::to_string(whole % 60) + "s";
    }
    if (whole < 48LL * 3600) {
        return std::to_string(whole / 3600) + "h " + std::to_string(whole / 60 % 60) + "m";
    }
    return std::to_string(whole / 86400) + "d";
}

std::string short_reason(const std::string& reason) {
    constexpr std::string_view list = "expected one of: ";
    constexpr std::size_t long_list = 50;
    constexpr std::size_t line = 120;
    auto text = reason;
    for (auto at = text.find(list); at != std::string::npos; at = text.find(list, at + 1)) {
        const auto end = std::min(text.find(';', at), text.size());
        if (end - at > long_list) {
            const auto kept = std::string_view{text}.substr(0, at).find_last_not_of(": ");
            const auto begin = kept == std::string::npos ? 0 : kept + 1;
            text.erase(begin, end - begin);
            at = begin;
        }
    }
    if (text.size() > line) {
        auto end = line;
        while (end > 0 && common::continues_utf8(text[end])) {
            --end;
        }
        text = text.substr(0, end) + "…";
    }
    return text;
}

std::string text_or(const nlohmann::json& value, const std::string& otherwise) {
    return value.is_string() && !value.get_ref<const std::string&>().empty()
               ? common::printable(value.get_ref<const std::string&>())
               : otherwise;
}

std::string text_in(const nlohmann::json& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() ? "" : text_or(*found, "");
}

} // namespace agent
