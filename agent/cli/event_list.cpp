#include "agent/cli/event_list.hpp"

#include "agent/cli/agent_client.hpp"
#include "agent/cli/delivery_text.hpp"
#include "agent/cli/event_blocks.hpp"
#include "agent/cli/event_words.hpp"
#include "agent/cli/output.hpp"
#include "agent/service/exit_codes.hpp"
#include "common/base/printable.hpp"

#include <algorithm>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <vector>

namespace agent {

namespace {

using common::Result;
using nlohmann::json;
using Rows = std::vector<std::vector<std::string>>;

constexpr std::chrono::milliseconds poll_interval{500};
/// An event is shown once every delivery was tried, or when it is so old.
constexpr double settle_s = 2.0;
constexpr std::size_t most_listed = 1000;

std::string target_of(const EventsOptions& options, std::uint64_t after) {
    auto target = "/v1/events?limit=" + std::to_string(options.limit);
    if (!options.camera.empty()) {
        target += "&camera=" + options.camera;
    }
    if (!options.webhook.empty()) {
        target += "&webhook=" + boost::urls::encode(options.webhook, boost::urls::unreserved_chars);
    }
    return after == 0 ? target : target + "&after=" + std::to_string(after);
}

/// "16:43:00.123" of "2026-11-28T16:43:00.123Z".
std::string time_of_day(const json& at) {
    const auto text = text_or(at, "?");
    const auto begin = text.find('T');
    return begin == std::string::npos ? text : text.substr(begin + 1, text.size() - begin - 2);
}

std::vector<std::string> row_of(const json& entry) {
    const auto value = [&](const char* key) { return value_or_dash(entry.value(key, json{})); };
    if (entry.contains("refused")) {
        return {value("seq"), time_of_day(entry.at("at")),       "refused", "-", "-", "-",
                "-",          refusal_words(entry.at("refused"))};
    }
    return {value("seq"),
            time_of_day(entry.at("at")),
            entry.value("test", false) ? "test" : value("type"),
            value("camera"),
            value("card"),
            value("confidence"),
            value("plate"),
            event_words(entry)};
}

class Printer {
  public:
    explicit Printer(const Command& command) : json_{command.json}, screen_{command.screen} {}

    /// On a terminal a block each. On a pipe a line each, as wide each time that the tables of one
    /// --follow fit together.
    void print(const std::vector<json>& entries) {
        if (json_) {
            for (const auto& entry : entries) {
                std::cout << entry.dump() << '\n';
            }
        } else if (screen_.width) {
            for (const auto& entry : entries) {
                std::cout << event_block(entry, screen_);
            }
        } else if (!entries.empty() || !headed_) {
            Rows rows;
            if (!std::exchange(headed_, true)) {
                rows.push_back({"SEQ", "TIME (UTC)", "TYPE", "CAMERA", "CARD", "CONF", "PLATE",
                                "WHAT BECAME OF IT"});
            }
            for (const auto& entry : entries) {
                rows.push_back(row_of(entry));
            }
            constexpr std::size_t widths[] = {5, 12, 13, 6, 5, 5, 9};
            for (auto& row : rows) {
                for (std::size_t i = 0; i < std::size(widths); ++i) {
                    row[i].resize(std::max(row[i].size(), widths[i]), ' ');
                }
            }
            print_table(rows);
        }
        std::cout.flush();
    }

  private:
    bool json_;
    Screen screen_;
    bool headed_ = false;
};

bool is_settled(const json& entry) {
    if (entry.value("age_s", 0.0) >= settle_s) {
        return true;
    }
    const auto webhooks = entry.value("webhooks", json::array());
    return std::ranges::none_of(webhooks, [](const json& webhook) {
        return webhook.value("state", "") == "waiting" && webhook.value("attempts", 0ULL) == 0;
    });
}

/// Oldest first.
std::vector<json> entries_of(const json& answer) {
    const auto& events = answer.at("events");
    return {events.rbegin(), events.rend()};
}

void warn_if_off(const json& answer) {
    if (!answer.value("enabled", true)) {
        std::cerr << "ffl-agent: the agent remembers no events ([ingest] event_list = 0)\n";
    }
}

int follow(const Command& command, EventsOptions options, json answer) {
    Printer printer{command};
    const auto oldest = entries_of(answer);
    // What is not settled yet is asked for again, but nothing before the first that was asked for.
    std::uint64_t after = oldest.empty() ? answer.value("last", std::uint64_t{0})
                                         : oldest.front().at("seq").get<std::uint64_t>() - 1;
    auto list = answer.value("list_id", "");
    std::vector<json> unsettled;
    bool answered = true;
    for (;;) {
        if (answered) {
            auto entries = entries_of(answer);
            const auto end = std::ranges::find_if_not(entries, is_settled);
            if (end != entries.begin()) {
                after = std::prev(end)->value("seq", after);
            }
            if (end == entries.end()) {
                after = std::max(after, answer.value("last", after)); // also what was left out
            }
            unsettled.assign(end, entries.end());
            entries.erase(end, entries.end());
            printer.print(entries);
            if (!std::cout) {
                return exit_code::done;
            }
        }
        std::this_thread::sleep_for(poll_interval);
        options.limit = most_listed;
        auto next = ask_agent(command.config, "GET", target_of(options, after));
        if (!next) {
            if (std::exchange(answered, false)) {
                (void)complain(next.error());
            }
            continue;
        }
        answered = true;
        answer = std::move(*next);
        if (const auto now = answer.value("list_id", ""); now != list) {
            // Their numbers mean other events now, so this is the last that is known of them.
            printer.print(std::exchange(unsettled, {}));
            std::cerr << "ffl-agent: the agent was restarted: its list begins anew\n";
            list = now;
            after = 0;
            answer = json{{"events", json::array()}, {"last", 0}};
        }
    }
}

/// The number of an event in the list. An id comes first, the newest with it that was no
/// duplicate.
Result<std::uint64_t> number_of_event(const Config& config, const std::string& event) {
    const auto answer = ask_agent(config, "GET", "/v1/events?limit=" + std::to_string(most_listed));
    if (!answer) {
        return common::fail(answer.error());
    }
    warn_if_off(*answer);
    std::optional<std::uint64_t> found;
    for (const auto& entry : answer->at("events")) {
        if (text_or(entry.value("id", json{}), "") != event) {
            continue;
        }
        if (!found || !entry.value("duplicate", false)) {
            found = entry.at("seq").get<std::uint64_t>();
        }
        if (!entry.value("duplicate", false)) {
            break;
        }
    }
    if (found) {
        return *found;
    }
    if (!event.empty() && event.size() < 19 &&
        event.find_first_not_of("0123456789") == std::string::npos) {
        return std::stoull(event);
    }
    return common::fail(common::Fault::input,
                        "event " + event +
                            " is not in the list of the last events: expected an "
                            "id or a number as `ffl-agent events` shows them; the "
                            "list begins anew when the agent is restarted");
}

void print_attempts(const json& webhook) {
    std::size_t number = webhook.value("attempts", std::size_t{0});
    const auto history = webhook.value("history", json::array());
    number = number >= history.size() ? number - history.size() : 0;
    for (const auto& attempt : history) {
        std::cout << "    attempt " << ++number << " at "
                  << local_clock(text_or(attempt.at("at"), "?")) << ": "
                  << text_or(attempt.value("error", json{}),
                             value_or_dash(attempt.value("status", json{})))
                  << ", took " << attempt.value("took_ms", 0LL) << " ms\n";
    }
}

void print_event(const json& entry) {
    std::cout << "event " << value_or_dash(entry.value("seq", json{})) << " at "
              << local_clock(text_or(entry.value("at", json{}), "?")) << ", "
              << show_seconds(entry.value("age_s", json{})) << " ago\n";
    if (entry.contains("refused")) {
        std::cout << "refused with " << refusal_words(entry.at("refused")) << '\n';
        return;
    }
    for (const auto* key : {"id", "type", "camera", "card", "matched", "confidence", "plate"}) {
        std::cout << "  " << std::string{key} << std::string(11 - std::string_view{key}.size(), ' ')
                  << value_or_dash(entry.value(key, json{})) << '\n';
    }
    if (entry.value("test", false)) {
        std::cout << "a test: it passed all filters and cooldowns of its webhook\n";
    }
    if (entry.value("duplicate", false)) {
        std::cout << "a duplicate: an event with the same id and the same bytes was accepted in "
                     "the ten minutes before, or was still pending\n";
    }
    for (const auto& webhook : entry.at("webhooks")) {
        const auto failed = webhook.value("failed", json::array());
        std::cout << webhook_title(webhook) << ": "
                  << (failed.empty() ? outcome_words(webhook) : "not matched") << '\n';
        for (const auto& one : failed) {
            std::cout << "    " << filter_words(one, true) << '\n';
        }
        print_attempts(webhook);
    }
    if (const auto more = entry.value("webhooks_left_out", 0ULL); more > 0) {
        std::cout << "and " << more << " more webhooks that did not get it\n";
    }
    if (entry.at("webhooks").empty()) {
        std::cout << "there were no webhooks\n";
    }
    std::cout << common::printable_lines(entry.value("event", json{}).dump(2)) << '\n';
}

} // namespace

int command_events(const Command& command, const EventsOptions& options) {
    const auto answer = ask_agent(command.config, "GET", target_of(options, 0));
    if (!answer) {
        return complain(answer.error());
    }
    warn_if_off(*answer);
    if (options.follow) {
        return follow(command, options, *answer);
    }
    if (command.json) {
        std::cout << answer->dump() << '\n';
        return exit_code::done;
    }
    Printer{command}.print(entries_of(*answer));
    if (answer->value("more", false)) {
        std::cerr << "ffl-agent: older events exist; use --limit to show them\n";
    }
    return exit_code::done;
}

int command_explain_event(const Command& command, const std::string& event) {
    const auto number = number_of_event(command.config, event);
    if (!number) {
        return complain(number.error());
    }
    const auto answer = ask_agent(command.config, "GET", "/v1/events/" + std::to_string(*number));
    if (!answer) {
        return complain(answer.error());
    }
    if (command.json) {
        std::cout << answer->dump() << '\n';
    } else {
        print_event(*answer);
    }
    return exit_code::done;
}

} // namespace agent
