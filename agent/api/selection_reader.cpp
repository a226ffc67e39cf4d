#include "agent/api/selection_reader.hpp"

#include "common/text/json.hpp"

#include <algorithm>
#include <array>
#include <boost/url/parse_query.hpp>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

namespace agent {

namespace {

using common::Fault;
using common::Result;
using nlohmann::json;

constexpr std::int64_t max_limit = 1000;
constexpr std::size_t max_ids = 10'000;
constexpr std::array<std::string_view, 5> parameter_names{"state", "webhook", "limit", "after",
                                                          "bodies"};

Result<DeliveryState> state_of(std::string_view text) {
    if (const auto state = parse_state(text)) {
        return *state;
    }
    return common::fail(Fault::input,
                        "state is " + common::shown(json(text)) + "; accepted are pending, dead");
}

Result<std::int64_t> number_of(std::string_view name, std::string_view text, std::int64_t least,
                               std::int64_t most) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most) {
        return common::fail(Fault::input, std::string{name} + " is " + common::shown(json(text)) +
                                              "; accepted is a whole number from " +
                                              std::to_string(least) + " to " +
                                              std::to_string(most));
    }
    return value;
}

Result<void> apply(ListQuery& list, std::string_view name, std::string_view value) {
    if (name == "webhook") {
        list.selection.webhook = value;
    } else if (name == "state") {
        const auto state = state_of(value);
        if (!state) {
            return common::fail(state.error());
        }
        list.selection.state = *state;
    } else {
        const bool limit = name == "limit";
        const auto most = name == "bodies" ? 1 : std::numeric_limits<std::int64_t>::max();
        const auto number = number_of(name, value, limit ? 1 : 0, most);
        if (!number) {
            return common::fail(number.error());
        }
        if (limit) {
            list.limit = static_cast<std::size_t>(
                std::min(*number, max_limit)); // who wants more follows `next`
        } else if (name == "bodies") {
            list.bodies = *number == 1;
        } else {
            list.after = *number;
        }
    }
    return {};
}

Result<json> read_object(std::string_view body) {
    const std::string example = R"(accepted is an object like {"state":"dead","webhook":"7"})";
    auto object = common::parse_json(body);
    if (!object) {
        return common::fail(Fault::input, object.error().message + "; " + example);
    }
    if (!object->is_object()) {
        return common::fail(Fault::input, "the body is " + std::string{common::kind_of(*object)} +
                                              "; " + example);
    }
    return object;
}

Result<std::vector<std::int64_t>> ids_of(const json& value) {
    std::vector<std::int64_t> ids;
    const auto bad = [] {
        return common::fail(Fault::input, "ids is something else; accepted is a list of at most " +
                                              std::to_string(max_ids) +
                                              " delivery ids (whole numbers)");
    };
    if (!value.is_array() || value.size() > max_ids) {
        return bad();
    }
    for (const auto& id : value) {
        if (!id.is_number_integer() ||
            (id.is_number_unsigned() &&
             id.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max())) {
            return bad();
        }
        ids.push_back(id.get<std::int64_t>());
    }
    return ids;
}

Result<void> apply(Selection& selection, const std::string& name, const json& value) {
    if (name == "state") {
        const auto state = state_of(value.is_string() ? value.get<std::string>() : value.dump());
        if (!state) {
            return common::fail(state.error());
        }
        selection.state = *state;
    } else if (name == "webhook") {
        if (!value.is_string() && !value.is_number_integer()) {
            return common::fail(Fault::input, "webhook is " + common::shown(value) +
                                                  "; accepted is a key as GET /v1/status shows it, "
                                                  "for example \"7\" or \"local:door\"");
        }
        selection.webhook = value.is_string() ? value.get<std::string>() : value.dump();
    } else if (name == "ids") {
        auto ids = ids_of(value);
        if (!ids) {
            return common::fail(ids.error());
        }
        selection.ids = std::move(*ids);
    } else {
        return common::fail(Fault::input, "unknown field " + common::shown(json(name)) +
                                              "; accepted are state, webhook, ids");
    }
    return {};
}

} // namespace

Result<ListQuery> read_list_query(std::string_view query) {
    ListQuery list;
    if (query.empty()) {
        return list;
    }
    const auto parameters = boost::urls::parse_query(query);
    if (!parameters) {
        return common::fail(Fault::input, "the query is not readable: special characters are "
                                          "percent-encoded, like ?webhook=local%3Adoor");
    }
    boost::urls::encoding_opts options;
    options.space_as_plus = true;
    std::set<std::string> seen;
    for (const auto& parameter : *parameters) {
        const auto name = parameter.key.decode(options);
        if (std::find(parameter_names.begin(), parameter_names.end(), name) ==
            parameter_names.end()) {
            return common::fail(Fault::input,
                                "unknown parameter " + common::shown(json(name)) +
                                    "; accepted are state, webhook, limit, after, bodies");
        }
        if (!seen.insert(name).second) {
            return common::fail(Fault::input, name + " is given twice");
        }
        const auto value = parameter.value.decode(options);
        if (value.empty()) {
            continue;
        }
        if (auto applied = apply(list, name, value); !applied) {
            return common::fail(applied.error());
        }
    }
    return list;
}

Result<std::optional<Selection>> read_selection(std::string_view body) {
    Selection selection;
    if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        return selection;
    }
    const auto object = read_object(body);
    if (!object) {
        return common::fail(object.error());
    }
    bool none = false;
    for (const auto& [name, value] : object->items()) {
        const bool part = name == "state" || name == "webhook" || name == "ids";
        if (part && value.is_null()) {
            continue;
        }
        if (auto applied = apply(selection, name, value); !applied) {
            return common::fail(applied.error());
        }
        none = none || (name == "ids" && selection.ids.empty());
    }
    return none ? std::nullopt : std::optional{std::move(selection)};
}

} // namespace agent
