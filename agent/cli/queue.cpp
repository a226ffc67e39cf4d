#include "agent/cli/queue.hpp"

#include "agent/cli/agent_client.hpp"
#include "agent/cli/drop_question.hpp"
#include "agent/cli/output.hpp"
#include "agent/config/text_file.hpp"
#include "agent/events/event_splitter.hpp"
#include "agent/service/exit_codes.hpp"
#include "agent/store/offline_queue.hpp"
#include "common/base/printable.hpp"

#include <algorithm>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <filesystem>
#include <functional>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace agent {

namespace {

using common::Result;
using nlohmann::json;

constexpr std::size_t page_size = 1000;

/// Where rows come from: the running agent or, while the service is stopped, the database itself.
class RowSource {
  public:
    static Result<RowSource> open(const Config& config);

    /// JSON text `{"deliveries":[…],"next":…}` as the API answers it.
    Result<std::string> page(const Selection& selection, const json& after, std::size_t limit,
                             bool with_bodies);
    Result<std::string> one(std::int64_t id);

  private:
    explicit RowSource(const Config& config) : config_{&config} {}
    const Config* config_;
    std::unique_ptr<OfflineQueue> offline_;
};

Result<RowSource> RowSource::open(const Config& config) {
    RowSource source{config};
    auto alive = call_agent(config, "GET", "/livez");
    if (alive) {
        return source;
    }
    if (alive.error().fault == common::Fault::refused) {
        return common::fail(alive.error());
    }
    if (auto readable = check_readable(config.queue.path);
        !readable && readable.error().fault == common::Fault::refused) {
        return common::fail(readable.error());
    }
    std::error_code absent;
    if (!std::filesystem::exists(config.queue.path, absent)) {
        return common::fail(alive.error().fault, alive.error().message +
                                                     ", and there is no database at " +
                                                     config.queue.path);
    }
    auto offline = OfflineQueue::open(config.queue.path);
    if (!offline) {
        return common::fail(offline.error());
    }
    source.offline_ = std::move(*offline);
    return source;
}

Result<std::string> RowSource::page(const Selection& selection, const json& after,
                                    std::size_t limit, bool with_bodies) {
    if (offline_) {
        return offline_->page(selection, after.is_number() ? after.get<std::int64_t>() : 0, limit,
                              with_bodies);
    }
    std::string target = "/v1/deliveries?limit=" + std::to_string(limit);
    if (selection.state) {
        target += "&state=" + std::string{to_string(*selection.state)};
    }
    if (selection.webhook) {
        target +=
            "&webhook=" + boost::urls::encode(*selection.webhook, boost::urls::unreserved_chars);
    }
    if (!after.is_null()) {
        target += "&after=" + after.dump();
    }
    if (with_bodies) {
        target += "&bodies=1";
    }
    return ask_agent_text(*config_, "GET", target);
}

Result<std::string> RowSource::one(std::int64_t id) {
    return offline_ ? offline_->one(id)
                    : ask_agent_text(*config_, "GET", "/v1/deliveries/" + std::to_string(id));
}

/// Calls `each` with every page, as text and parsed, until `limit` rows or the end are reached.
Result<void>
for_each_page(RowSource& source, const Selection& selection, std::size_t limit, bool with_bodies,
              const std::function<Result<void>(const std::string&, const json&)>& each) {
    json after;
    for (std::size_t left = limit; left > 0;) {
        const auto text = source.page(selection, after, std::min(left, page_size), with_bodies);
        if (!text) {
            return common::fail(text.error());
        }
        const auto page = parse_answer(*text);
        if (!page) {
            return common::fail(page.error());
        }
        if (auto done = each(*text, *page); !done) {
            return done;
        }
        const auto& rows = page->at("deliveries");
        after = page->at("next");
        left -= std::min(left, rows.size());
        if (after.is_null() || rows.empty()) {
            break;
        }
    }
    return {};
}

std::string text_in(const json& row, const char* key) {
    return text_or(row.value(key, json{}), "");
}

void print_row(const json& row) {
    std::cout << "delivery      " << row.at("id") << ", " << text_in(row, "state") << '\n'
              << "webhook       " << text_in(row, "webhook") << " \"" << text_in(row, "name")
              << "\"\n"
              << "event id      " << text_in(row, "event_id") << '\n'
              << "age           " << show_seconds(row.at("age_s")) << '\n'
              << "attempts      " << row.at("attempts") << '\n'
              << "next attempt  " << show_seconds(row.at("next_attempt_s")) << '\n'
              << "last error    " << text_or(row.at("last_error"), "-") << '\n';
    for (const auto& attempt : row.at("history")) {
        std::cout << "attempt " << attempt.at("attempt") << ": "
                  << show_seconds(attempt.at("age_s")) << " ago, "
                  << text_or(attempt.at("error"), "") << '\n';
    }
    std::cout << "event\n" << common::printable_lines(row.at("event").dump(2)) << '\n';
}

/// {"state","webhook","all"} as the API reads it.
std::string selection_body(const Selection& selection) {
    json body{{"all", true}};
    if (selection.state) {
        body["state"] = to_string(*selection.state);
    }
    if (selection.webhook) {
        body["webhook"] = *selection.webhook;
    }
    return body.dump();
}

int edit_deliveries(const Command& command, const Selection& selection, Edit edit) {
    const std::string key{count_key(edit)};
    std::uint64_t count = 0;
    int code = exit_code::done;
    if (selection.ids.empty()) {
        const auto path = std::string{"/v1/deliveries/"} + (edit == Edit::drop ? "drop" : "retry");
        const auto answer = ask_agent(command.config, "POST", path, selection_body(selection));
        if (!answer) {
            return complain(answer.error());
        }
        count = answer->value(key, 0ULL);
    }
    // An unknown id is an error, but does not keep the others from being edited.
    for (const auto id : selection.ids) {
        const auto path = "/v1/deliveries/" + std::to_string(id);
        const auto answer = edit == Edit::drop
                                ? call_agent(command.config, "DELETE", path)
                                : call_agent(command.config, "POST", path + "/retry");
        if (!answer) {
            return complain(answer.error());
        }
        if (answer->status / 100 == 2) {
            ++count;
        } else {
            code = complain(reply_error(*answer));
        }
    }
    if (command.json) {
        std::cout << json{{key, count}}.dump() << '\n';
    } else {
        std::cout << key << ' ' << count << '\n';
    }
    return code;
}

} // namespace

int command_queue_list(const Command& command, const Selection& selection, std::size_t limit) {
    auto source = RowSource::open(command.config);
    if (!source) {
        return complain(source.error());
    }
    json all = json::array();
    json next;
    const auto done =
        for_each_page(*source, selection, limit, false, [&](const std::string&, const json& page) {
            all.insert(all.end(), page.at("deliveries").begin(), page.at("deliveries").end());
            next = page.at("next");
            return Result<void>{};
        });
    if (!done) {
        return complain(done.error());
    }
    if (command.json) {
        std::cout << json{{"deliveries", all}, {"next", next}}.dump() << '\n';
        return exit_code::done;
    }
    std::vector<std::vector<std::string>> table{
        {"ID", "STATE", "WEBHOOK", "EVENT ID", "AGE", "ATTEMPTS", "NEXT", "LAST ERROR"}};
    for (const auto& row : all) {
        table.push_back({row.at("id").dump(), row.value("state", ""),
                         row.value("webhook", "") + " " + row.value("name", ""),
                         row.value("event_id", ""), show_seconds(row.at("age_s")),
                         row.at("attempts").dump(), show_seconds(row.at("next_attempt_s")),
                         text_or(row.at("last_error"), "")});
    }
    print_table(table);
    if (!next.is_null()) {
        std::cerr << "ffl-agent: more rows exist; use --limit to show them\n";
    }
    return exit_code::done;
}

int command_queue_show(const Command& command, std::int64_t id) {
    auto source = RowSource::open(command.config);
    if (!source) {
        return complain(source.error());
    }
    const auto text = source->one(id);
    const Result<json> row = text ? parse_answer(*text) : Result<json>{common::fail(text.error())};
    if (!row) {
        return complain(row.error());
    }
    if (command.json) {
        std::cout << *text << '\n';
    } else {
        print_row(*row);
    }
    return exit_code::done;
}

int command_queue_export(const Command& command, const Selection& selection) {
    auto source = RowSource::open(command.config);
    if (!source) {
        return complain(source.error());
    }
    const auto done =
        for_each_page(*source, selection, SIZE_MAX, true,
                      [](const std::string& text, const json&) -> Result<void> {
                          // Cut out of the text, not parsed and written again: a number stays as it
                          // was received.
                          const auto begin = text.find('[');
                          const auto cut = split_events(
                              std::string_view{text}.substr(begin, text.rfind(']') + 1 - begin),
                              BodyFormat::json);
                          if (!cut) {
                              return common::fail(cut.error());
                          }
                          for (const auto row : *cut) {
                              // One line each. An event may contain line breaks, but only between
                              // its values: JSON allows none within a string.
                              std::ranges::replace_copy_if(
                                  row, std::ostreambuf_iterator<char>{std::cout},
                                  [](char c) { return c == '\n' || c == '\r'; }, ' ');
                              std::cout << '\n';
                          }
                          return {};
                      });
    return done ? exit_code::done : complain(done.error());
}

int command_queue_retry(const Command& command, const Selection& selection) {
    return edit_deliveries(command, selection, Edit::retry);
}

int command_queue_drop(const Command& command, const Selection& selection, bool yes) {
    if (!yes && ::isatty(STDIN_FILENO) == 1) {
        const auto agreed = asked_to_drop(command.config, selection);
        if (!agreed) {
            return complain(agreed.error());
        }
        if (!*agreed) {
            std::cerr << "ffl-agent: nothing was dropped\n";
            return exit_code::done;
        }
    }
    return edit_deliveries(command, selection, Edit::drop);
}

} // namespace agent
