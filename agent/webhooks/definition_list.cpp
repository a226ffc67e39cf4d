#include "agent/webhooks/definition_list.hpp"

#include "agent/webhooks/misplaced_filters.hpp"
#include "common/text/invalid.hpp"
#include "common/text/json.hpp"

#include <set>
#include <utility>

namespace agent {

namespace {

using common::Fault;
using nlohmann::json;

constexpr std::string_view local_prefix = "local:";

/// "results is an object: expected a list of webhooks".
auto wrong_kind(const std::string& what, const json& value, const std::string& expected) {
    return common::fail(Fault::input, what + " is " + std::string{common::kind_of(value)} +
                                          ": expected " + expected);
}

bool looks_like_html(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
    return first != std::string_view::npos && text[first] == '<';
}

std::string keys_of(const json& object) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : object.items()) {
        keys.push_back(key);
    }
    return keys.empty() ? "it is empty" : "it has " + common::shown(common::joined(keys, ", "));
}

/// The array in `whole`.
common::Result<json*> list_in(json& whole) {
    if (whole.is_array()) {
        return &whole;
    }
    if (!whole.is_object()) {
        return wrong_kind("the list of webhooks", whole, "a JSON array");
    }
    for (const auto* key : {"results", "items", "data"}) {
        if (const auto at = whole.find(key); at != whole.end()) {
            if (!at->is_array()) {
                return wrong_kind(key, *at, "a list of webhooks");
            }
            return &*at;
        }
    }
    return common::fail(Fault::input,
                        "this is not a list of webhooks (" + keys_of(whole) +
                            "): expected an array, or an object with results, items or data");
}

json name_of(const json& definition) {
    return definition.is_object() ? definition.value("name", json{}) : json{};
}

/// "webhook 2 ("door")", counted from 1.
std::string title_of(std::size_t index, const json& definition) {
    const auto name = name_of(definition);
    return "webhook " + std::to_string(index + 1) +
           (name.is_string() ? " (" + common::shown(name) + ")" : "");
}

} // namespace

common::Result<DefinitionList> read_list(std::string_view text, const common::Headers& headers) {
    if (looks_like_html(text)) {
        return common::fail(Fault::input,
                            "this is an HTML page: expected JSON; check [server] url");
    }
    auto whole = common::parse_json(text);
    if (!whole) {
        return common::fail("the list of webhooks", std::move(whole.error()));
    }
    auto items = list_in(*whole);
    if (!items) {
        return common::fail(std::move(items.error()));
    }
    auto signs = read_page_signs(*whole, headers);
    if (!signs) {
        return common::fail(std::move(signs.error()));
    }
    DefinitionList list;
    list.signs = std::move(*signs);
    for (auto& item : **items) {
        if (!item.is_object()) {
            return wrong_kind(title_of(list.definitions.size(), item), item, "an object");
        }
        list.definitions.push_back(std::move(item));
    }
    return list;
}

common::Result<std::string> server_key(const json& definition) {
    const auto at = definition.find("id");
    if (at != definition.end() && at->is_number_integer()) {
        return at->dump();
    }
    const auto name = name_of(definition);
    const auto which = name.is_string() ? "webhook " + common::shown(name)
                                        : std::string{"a webhook without a name"};
    const auto what = at == definition.end() ? " has no id" : ": id = " + common::shown(*at);
    return common::fail(Fault::input, which + what + ": expected an integer");
}

std::string local_key(std::string_view name) {
    return std::string{local_prefix}.append(name);
}

std::optional<std::string_view> local_name(std::string_view key) {
    return key.starts_with(local_prefix) ? std::optional{key.substr(local_prefix.size())}
                                         : std::nullopt;
}

common::Result<std::vector<Definition>> read_local_definitions(std::string_view text) {
    const auto list = read_list(text);
    if (!list) {
        return common::fail(list.error());
    }
    std::vector<std::string> faults;
    const auto count = list->definitions.size();
    if (const auto rest = next_page(list->signs, {count, 1, count}); !rest || !rest->empty()) {
        faults.emplace_back("this is one page of a longer list: expected the whole list");
    }
    std::vector<Definition> definitions;
    std::set<std::string> names;
    for (const auto& definition : list->definitions) {
        const auto title = title_of(definitions.size(), definition);
        const auto value = name_of(definition);
        const auto name = value.is_string() ? value.get<std::string>() : std::string{};
        if (name.empty()) {
            faults.push_back(title +
                             ": expected a non-empty name, which becomes the webhook's key");
        } else if (!names.insert(name).second) {
            faults.push_back(title +
                             ": another webhook already has this name: expected unique names");
        }
        for (const auto& fault : misplaced_filters(definition)) {
            faults.push_back(title + ": " + fault);
        }
        definitions.push_back({local_key(name), definition.dump()});
    }
    if (!faults.empty()) {
        return common::fail(Fault::input, common::joined(faults));
    }
    return definitions;
}

} // namespace agent
