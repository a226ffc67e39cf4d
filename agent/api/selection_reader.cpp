#include "agent/api/selection_reader.hpp"

#include "agent/api/query_reader.hpp"
#include "common/base/ascii.hpp"
#include "common/text/invalid.hpp"
#include "common/text/json.hpp"
#include "common/text/json_names.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

using common::Fault;
using common::Result;
using nlohmann::json;

constexpr std::int64_t max_limit = 1000;
constexpr std::int64_t longest_age_s = std::int64_t{1'000'000} * 86'400; // fits in milliseconds
constexpr std::size_t max_ids = 10'000;
const std::vector<std::string> parameter_names{"state", "webhook", "limit",     "after", "bodies",
                                               "order", "event",   "max_age_s", "error"};
const std::vector<std::string> field_names{"state", "webhook", "ids", "all"};
constexpr const char* example = R"(an object such as {"state":"dead","webhook":"7"})";

tl::unexpected<common::Error> invalid(std::string_view name, const json& value,
                                      std::string_view expected) {
    return common::fail(Fault::input, common::invalid(name, common::shown(value), expected));
}

Result<DeliveryState> state_of(const json& value) {
    const auto state =
        value.is_string() ? parse_state(value.get_ref<const std::string&>()) : std::nullopt;
    if (!state) {
        return invalid("state", value, common::one_of({"pending", "dead"}));
    }
    return *state;
}

Result<void> apply(RowQuery& list, std::string_view name, const std::string& value) {
    if (name == "webhook") {
        list.selection.webhook = value;
    } else if (name == "event") {
        list.event_id = value;
    } else if (name == "error") {
        list.error = value;
    } else if (name == "order") {
        const auto order = parse_order(value);
        if (!order) {
            return invalid(name, value, common::one_of({"oldest", "newest"}));
        }
        list.order = *order;
    } else if (name == "state") {
        const auto state = state_of(value);
        if (!state) {
            return common::fail(state.error());
        }
        list.selection.state = *state;
    } else if (name == "bodies") {
        if (value != "0" && value != "1") {
            return invalid(name, value, common::one_of({"0", "1"}));
        }
        list.bodies = value == "1";
    } else {
        const auto number = number_of(name, value, name == "limit" ? 1 : 0);
        if (!number) {
            return common::fail(number.error());
        }
        if (name == "limit") {
            // Whoever wants more rows follows `next`.
            list.limit = static_cast<std::size_t>(std::min(*number, max_limit));
        } else if (name == "max_age_s") {
            list.max_age = std::chrono::seconds{std::min(*number, longest_age_s)};
        } else {
            list.after = *number;
        }
    }
    return {};
}

Result<json> read_object(std::string_view body) {
    auto object = common::parse_json(body);
    if (!object) {
        return common::fail(Fault::input,
                            object.error().message + " (the body must be " + example + ")");
    }
    if (!object->is_object()) {
        return common::fail(Fault::input, "the body is " + std::string{common::kind_of(*object)} +
                                              ": expected " + example);
    }
    // {"all":false,"all":true}: which of the two was meant is not known.
    if (const auto name = common::repeated_name(body)) {
        return common::fail(Fault::input, "the body has " + *name + " twice: expected " + example);
    }
    return object;
}

Result<std::vector<std::int64_t>> ids_of(const json& value) {
    std::vector<std::int64_t> ids;
    const auto bad = [&] {
        return invalid("ids", value,
                       "a list of 1 to " + std::to_string(max_ids) +
                           " delivery ids (whole numbers)");
    };
    if (!value.is_array() || value.empty() || value.size() > max_ids) {
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
        const auto state = state_of(value);
        if (!state) {
            return common::fail(state.error());
        }
        selection.state = *state;
    } else if (name == "webhook") {
        if ((!value.is_string() && !value.is_number_integer()) || value == "") {
            return invalid("webhook", value,
                           R"(a webhook's key or name, such as "7" or "local:door")");
        }
        selection.webhook = value.is_string() ? value.get<std::string>() : value.dump();
    } else if (name == "ids") {
        auto ids = ids_of(value);
        if (!ids) {
            return common::fail(ids.error());
        }
        selection.ids = std::move(*ids);
    } else if (name == "all") {
        if (!value.is_boolean()) {
            return invalid("all", value, common::one_of({"true", "false"}));
        }
    } else {
        return unknown_name("field", name, field_names);
    }
    return {};
}

} // namespace

Result<RowQuery> read_list_query(std::string_view query) {
    RowQuery list;
    const auto read =
        read_query(query, parameter_names, [&](const std::string& name, const std::string& value) {
            return apply(list, name, value);
        });
    return read.map([&] { return list; });
}

Result<Selection> read_selection(std::string_view query, std::string_view body) {
    if (!query.empty()) {
        return common::fail(Fault::input, "the query " + common::shown(json(query)) +
                                              " is not read here: put what it selects into the "
                                              "body, " +
                                              example);
    }
    const auto object =
        common::trim(body).empty() ? Result<json>{json::object()} : read_object(body);
    if (!object) {
        return common::fail(object.error());
    }
    Selection selection;
    bool selects = false;
    for (const auto& [name, value] : object->items()) {
        // Null is not taken for an absent field: it may be a restriction that got lost on its way.
        if (auto applied = apply(selection, name, value); !applied) {
            return common::fail(applied.error());
        }
        selects = selects || value != false;
    }
    if (!selects) {
        return common::fail(Fault::input,
                            R"(nothing is selected: expected "state", "webhook" or "ids", or )"
                            R"("all":true for every delivery)");
    }
    return selection;
}

} // namespace agent
