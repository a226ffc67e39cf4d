#include "agent/cli/status_text.hpp"

#include "agent/cli/output.hpp"
#include "agent/cli/table.hpp"
#include "common/base/printable.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

namespace agent {

namespace {

using nlohmann::json;

std::string show_bytes(const json& bytes) {
    const auto n = bytes.get<std::uint64_t>();
    constexpr std::uint64_t gibibyte = 1ULL << 30;
    if (n >= gibibyte && n % gibibyte == 0) {
        return std::to_string(n / gibibyte) + " GiB";
    }
    if (n >= 10ULL << 20) {
        return std::to_string(n >> 20) + " MiB";
    }
    return std::to_string((n + 1023) >> 10) + " KiB";
}

Tone tone_of(const std::string& level) {
    return level == "ok" ? Tone::good : level == "warn" ? Tone::warning : Tone::bad;
}

std::string word(const json& object, const char* name, const char* otherwise = "?") {
    return text_or(object.value(name, json{}), otherwise);
}

std::string problems_text(const json& status, const Screen& screen) {
    std::string text;
    for (const auto& problem : status.value("problems", json::array())) {
        const auto level = word(problem, "level");
        auto what = word(problem, "what");
        if (const auto since = problem.value("since_s", json{}); since.is_number()) {
            what += " (for " + show_seconds(since) + ")";
        }
        auto lines = paragraph(level + "  ", what, screen);
        lines.replace(0, level.size(), toned(level, tone_of(level), screen));
        text += lines + paragraph("      fix: ", word(problem, "fix"), screen);
    }
    return text.empty() ? "" : text + '\n';
}

std::string server_text(const json& server) {
    std::string text = server.at("url").is_null()
                           ? "none (standalone)"
                           : word(server, "url") + ": " + word(server, "state") + ", last fetch " +
                                 word(server, "last_sync", "never");
    const auto error = word(server, "last_error", "");
    return error.empty() ? text : text + ", error: " + error;
}

std::string facts_text(const json& status, const Screen& screen) {
    const auto& queue = status.at("queue");
    const auto& store = status.at("store");
    auto text = paragraph("agent     ",
                          word(status, "version") + " on " + word(status, "host") + ", up " +
                              show_seconds(status.at("uptime_s")),
                          screen);
    text += paragraph("server    ", server_text(status.at("server")), screen);
    const auto& oldest = queue.at("oldest_s");
    text +=
        paragraph("queue     ",
                  queue.at("pending").dump() + " pending, " + queue.at("dead").dump() +
                      (queue.at("dead") == 1 ? " dead letter, " : " dead letters, ") +
                      (oldest.is_null() ? "" : "oldest " + show_seconds(oldest) + ", ") +
                      show_bytes(queue.at("bytes")) + " of " + show_bytes(queue.at("max_bytes")),
                  screen);
    text += paragraph("database  ", word(store, "path") + ", sync " + word(store, "sync"), screen);
    text += paragraph(
        "clock     ",
        word(status, "time") + ", " +
            (status.at("clock").value("synchronized", false) ? "synchronised" : "NOT synchronised"),
        screen);
    return text;
}

bool is_failing(const json& webhook) {
    return webhook.value("state", "") == "serving" &&
           webhook.value("failing_s", json{}).is_number();
}

/// Those to look at first have the smallest.
int rank(const json& webhook) {
    const auto state = webhook.value("state", "");
    if (is_failing(webhook)) {
        return 0;
    }
    if (state == "unsupported") {
        return 1;
    }
    if (webhook.value("pending", 0ULL) > 0 || webhook.value("dead", 0ULL) > 0) {
        return 2;
    }
    return state == "serving" ? 3 : 4;
}

Cell state_cell(const json& webhook) {
    const auto state = webhook.value("state", "");
    if (is_failing(webhook)) {
        return {"failing", Tone::bad};
    }
    return {state, state == "serving"       ? Tone::good
                   : state == "unsupported" ? Tone::bad
                                            : Tone::faint};
}

std::string note_of(const json& webhook) {
    auto note = word(webhook, "reason", "");
    const auto add = [&note](const std::string& text) {
        if (!text.empty() && note.find(text) == std::string::npos) {
            note += (note.empty() ? "" : "; ") + text;
        }
    };
    add(word(webhook, "last_error", ""));
    const auto waits = word(webhook, "waits_for", "");
    add(waits.ends_with(" to be tried again") ? "" : waits); // the error says enough
    for (const auto& warning : webhook.at("warnings")) {
        add(text_or(warning, ""));
    }
    return short_reason(note);
}

Cell number_cell(const json& webhook, const char* name, Tone tone = Tone::plain) {
    const auto count = webhook.value(name, 0ULL);
    return {std::to_string(count), count == 0 ? Tone::plain : tone};
}

std::string age_text(const json& webhook, const char* name) {
    const auto age = webhook.value(name, json{});
    return age.is_number() ? show_seconds(age) : "";
}

std::string webhooks_text(const json& status, const Screen& screen) {
    std::vector<const json*> webhooks;
    for (const auto& webhook : status.at("webhooks")) {
        webhooks.push_back(&webhook);
    }
    std::ranges::stable_sort(webhooks, {}, [](const json* webhook) { return rank(*webhook); });
    using Fit = Column::Fit;
    Table table{{{"KEY", Fit::whole},
                 {"NAME"},
                 {"STATE", Fit::whole},
                 {"PENDING", Fit::whole},
                 {"DEAD", Fit::whole},
                 {"OLDEST", Fit::if_room},
                 {"LAST OK", Fit::if_room},
                 {"DELIVERED", Fit::if_room},
                 {"FAILED", Fit::if_room},
                 {"MATCHED", Fit::if_room},
                 {"SUPPRESSED", Fit::if_room},
                 {"EXPIRED", Fit::if_room},
                 {"DROPPED", Fit::if_room},
                 {"NOTE"},
                 {"TARGET", Fit::if_room}}};
    for (const auto* webhook : webhooks) {
        const auto& one = *webhook;
        table.add({one.value("key", ""), one.value("name", ""), state_cell(one),
                   number_cell(one, "pending"), number_cell(one, "dead", Tone::warning),
                   age_text(one, "oldest_s"), age_text(one, "last_success_s"),
                   number_cell(one, "delivered"), number_cell(one, "failed"),
                   number_cell(one, "matched"), number_cell(one, "suppressed"),
                   number_cell(one, "expired", Tone::warning),
                   number_cell(one, "dropped", Tone::warning), note_of(one),
                   text_or(one.at("target"), "")});
    }
    return table.empty() ? "" : '\n' + table.text(screen);
}

} // namespace

std::string verdict_text(const json& status, const Screen& screen) {
    const auto verdict = word(status, "verdict");
    auto lines = paragraph(verdict + ": ", short_reason(word(status, "summary")), screen);
    lines.replace(0, verdict.size(), toned(verdict, tone_of(verdict), screen));
    return lines;
}

std::string status_text(const json& status, const Screen& screen) {
    return verdict_text(status, screen) + '\n' + problems_text(status, screen) +
           facts_text(status, screen) + webhooks_text(status, screen);
}

} // namespace agent
