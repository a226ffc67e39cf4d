#include "agent/cli/delivery_text.hpp"

#include "agent/cli/output.hpp"
#include "agent/cli/table.hpp"
#include "agent/store/delivery_id.hpp"
#include "agent/webhooks/definition_list.hpp"
#include "common/base/printable.hpp"

#include <array>
#include <ctime>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

using nlohmann::json;

std::string webhook_of(const json& row) {
    const auto key = text_in(row, "webhook");
    const auto name = text_in(row, "name");
    return name.empty() || local_name(key) == name ? key : key + " " + name;
}

/// "2026-11-28 18:03:12 (2m 5s ago)".
std::string moment(const json& row, const char* clock_key) {
    const auto ago = show_seconds(row.at("age_s")) + " ago";
    const auto time = text_in(row, clock_key);
    return time.empty() ? ago : local_time(time) + " (" + ago + ")";
}

Tone tone_of(const json& row) {
    return row.value("state", "") == "dead" ? Tone::bad
           : row.at("last_error").is_null() ? Tone::plain
                                            : Tone::warning;
}

} // namespace

std::string local_time(std::string_view rfc3339) {
    std::string text{rfc3339};
    std::tm utc{};
    const char* const end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &utc);
    if (end == nullptr || *end != '\0') {
        return text;
    }
    const auto time = static_cast<std::time_t>(common::seconds_of(utc)); // it has happened
    std::tm local{};
    ::localtime_r(&time, &local);
    std::array<char, 32> shown{};
    const auto size = std::strftime(shown.data(), shown.size(), "%Y-%m-%d %H:%M:%S", &local);
    return {shown.data(), size};
}

std::string local_clock(std::string_view rfc3339) {
    const auto fraction = rfc3339.find('.');
    const auto whole = fraction == std::string_view::npos
                           ? std::string{rfc3339}
                           : std::string{rfc3339.substr(0, fraction)} + "Z";
    const auto time = local_time(whole);
    const auto day_end = time.find(' ');
    return day_end == std::string::npos ? time : time.substr(day_end + 1);
}

std::string deliveries_text(const json& rows, TimeForm form, const Screen& screen) {
    using Fit = Column::Fit;
    const bool clock = form == TimeForm::clock;
    Table table{{{"ID", Fit::whole},
                 {"STATE", Fit::whole},
                 "WEBHOOK",
                 {"EVENT ID", Fit::cut_middle},
                 {clock ? "ACCEPTED" : "AGE", Fit::whole},
                 {"ATTEMPTS", Fit::if_room},
                 {"NEXT", clock ? Fit::if_room : Fit::whole}, // clock times are long
                 "LAST ERROR"}};
    for (const auto& row : rows) {
        const auto tone = tone_of(row);
        table.add({shown_delivery(row.at("id").get<std::int64_t>()),
                   {text_in(row, "state"), tone},
                   webhook_of(row),
                   text_in(row, "event_id"),
                   clock ? local_time(text_in(row, "accepted_at")) : show_seconds(row.at("age_s")),
                   row.at("attempts").dump(),
                   show_seconds(row.at("next_attempt_s")),
                   {text_in(row, "last_error"), tone}});
    }
    return table.text(screen);
}

std::string delivery_text(const json& row, const Screen& screen) {
    std::string text;
    const auto line = [&](std::string_view label, const std::string& value,
                          Tone tone = Tone::plain) {
        std::string first{label};
        first.append(14 - first.size(), ' ');
        text += toned(paragraph(first, common::printable(value), screen), tone, screen);
    };
    const auto id = row.at("id").get<std::int64_t>();
    const auto error = text_in(row, "last_error");
    line("delivery",
         shown_delivery(id) + " (" + std::to_string(id) + "), " + text_in(row, "state"));
    line("webhook", text_in(row, "webhook") + " \"" + text_in(row, "name") + "\"");
    line("event id", text_in(row, "event_id"));
    line("accepted", moment(row, "accepted_at"));
    line("attempts", row.at("attempts").dump());
    line("next attempt",
         row.at("next_attempt_s").is_null() ? "-" : "in " + show_seconds(row.at("next_attempt_s")));
    line("last error", error.empty() ? "-" : error, tone_of(row));
    for (const auto& attempt : row.at("history")) {
        text += paragraph("attempt " + attempt.at("attempt").dump() + ": ",
                          moment(attempt, "at") + ", " + text_in(attempt, "error"), screen);
    }
    return text + "event\n" + common::printable_lines(row.at("event").dump(2)) + "\n";
}

} // namespace agent
