#include "agent/cli/queue.hpp"

#include "agent/cli/agent_client.hpp"
#include "agent/cli/drop_question.hpp"
#include "agent/cli/output.hpp"
#include "agent/cli/row_source.hpp"
#include "agent/events/event_splitter.hpp"
#include "agent/service/exit_codes.hpp"
#include "agent/store/delivery_id.hpp"
#include "common/text/invalid.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace agent {

namespace {

using common::Fault;
using common::Result;
using nlohmann::json;

constexpr std::size_t all_rows = SIZE_MAX;

/// What a list that is not whole leaves out.
std::string more_rows(const json& total, std::size_t shown, RowOrder order) {
    const auto of = total.is_number()
                        ? "these are the " + std::string{to_string(order)} + " " +
                              std::to_string(shown) + " of " + total.dump() + " deliveries"
                        : std::string{"there are more"};
    return of + "; --limit 0 shows all of them";
}

/// The text of the only delivery of an event.
Result<std::string> only_delivery(RowSource& source, const std::string& event_id) {
    constexpr std::size_t most_named = 20;
    std::vector<std::int64_t> ids;
    std::vector<std::string> named;
    const auto done =
        source.for_each_page({.limit = most_named, .event_id = event_id},
                             [&](const std::string&, const json& page) -> Result<void> {
                                 for (const auto& row : page.at("deliveries")) {
                                     ids.push_back(row.at("id").get<std::int64_t>());
                                     named.push_back(shown_delivery(ids.back()) + " to webhook " +
                                                     row.value("webhook", ""));
                                 }
                                 return {};
                             });
    if (!done) {
        return common::fail(done.error());
    }
    const auto shown = common::shown(json(event_id));
    if (ids.empty()) {
        return common::fail(Fault::input, "there is no delivery " + shown +
                                              " and none of an event " + shown +
                                              ": it was delivered, was dropped or never existed");
    }
    if (ids.size() > 1) {
        return common::fail(Fault::input, "the event " + shown + " has " +
                                              std::to_string(ids.size()) +
                                              " deliveries: expected the id of one of them, " +
                                              common::one_of(named));
    }
    return source.one(ids.front());
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
        const auto path = "/v1/deliveries/" + shown_delivery(id);
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

int command_queue_list(const Command& command, const RowQuery& query, TimeForm form) {
    auto source = RowSource::open(command.config);
    if (!source) {
        return complain(source.error());
    }
    json all = json::array();
    json next;
    json total;
    auto wanted = query;
    wanted.limit = query.limit == 0 ? all_rows : query.limit;
    const auto done = source->for_each_page(
        std::move(wanted), [&](const std::string&, const json& page) -> Result<void> {
            for (const auto& row : page.at("deliveries")) {
                all.push_back(row);
            }
            next = page.at("next");
            total = page.at("total");
            return {};
        });
    if (!done) {
        return complain(done.error());
    }
    if (command.json) {
        std::cout << json{{"deliveries", all}, {"next", next}, {"total", total}}.dump() << '\n';
        return exit_code::done;
    }
    std::cout << deliveries_text(all, form, command.screen) << std::flush;
    if (!next.is_null()) {
        std::cerr << "ffl-agent: " << more_rows(total, all.size(), query.order) << '\n';
    }
    return exit_code::done;
}

int command_queue_show(const Command& command, const std::string& given) {
    auto source = RowSource::open(command.config);
    if (!source) {
        return complain(source.error());
    }
    Result<std::string> text = common::fail(Fault::input, "");
    if (const auto id = parse_delivery(given)) {
        text = source->one(*id);
    }
    // The ids of events may be numbers too.
    if (!text && text.error().fault == Fault::input) {
        text = only_delivery(*source, given);
    }
    const Result<json> row = text ? parse_answer(*text) : Result<json>{common::fail(text.error())};
    if (!row) {
        return complain(row.error());
    }
    if (command.json) {
        std::cout << *text << '\n';
    } else {
        std::cout << delivery_text(*row, command.screen);
    }
    return exit_code::done;
}

int command_queue_export(const Command& command, const Selection& selection) {
    auto source = RowSource::open(command.config);
    if (!source) {
        return complain(source.error());
    }
    const auto done = source->for_each_page(
        {.selection = selection, .limit = all_rows, .bodies = true},
        [](const std::string& text, const json&) -> Result<void> {
            // Cut out of the text, not parsed and written again: a number stays as it
            // was received.
            const auto begin = text.find('[');
            const auto cut =
                split_events(std::string_view{text}.substr(begin, text.rfind(']') + 1 - begin),
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
