#include "agent/api/query_reader.hpp"

#include "common/text/invalid.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <boost/url/parse_query.hpp>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

namespace agent {

using common::Fault;
using common::Result;
using nlohmann::json;

tl::unexpected<common::Error> unknown_name(std::string_view kind, const std::string& name,
                                           const std::vector<std::string>& known) {
    const auto quoted = common::shown(json(name));
    const auto text =
        std::string_view{quoted}.substr(1, quoted.size() - (quoted.ends_with('"') ? 2 : 1));
    return common::fail(Fault::input, common::unknown(kind, text, known));
}

Result<std::int64_t> number_of(std::string_view name, const std::string& text, std::int64_t least) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < least) {
        return common::fail(
            Fault::input, common::invalid(name, common::shown(json(text)),
                                          "a whole number, " + std::to_string(least) + " or more"));
    }
    return value;
}

Result<void> read_query(
    std::string_view query, const std::vector<std::string>& known,
    const std::function<Result<void>(const std::string& name, const std::string& value)>& apply) {
    if (query.empty()) {
        return {};
    }
    const auto parameters = boost::urls::parse_query(query);
    if (!parameters) {
        return common::fail(Fault::input, "cannot parse the query: percent-encode special "
                                          "characters, as in ?webhook=local%3Adoor");
    }
    boost::urls::encoding_opts options;
    options.space_as_plus = true;
    std::set<std::string> seen;
    for (const auto& parameter : *parameters) {
        const auto name = parameter.key.decode(options);
        if (std::ranges::find(known, name) == known.end()) {
            return unknown_name("parameter", name, known);
        }
        if (!seen.insert(name).second) {
            return common::fail(Fault::input, "the parameter " + name + " is given twice");
        }
        const auto value = parameter.value.decode(options);
        if (value.empty()) {
            continue;
        }
        if (auto applied = apply(name, value); !applied) {
            return applied;
        }
    }
    return {};
}

} // namespace agent
