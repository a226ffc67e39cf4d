#include "agent/webhooks/definition_list.hpp"

#include "common/text/invalid.hpp"
#include "common/text/json.hpp"

#include <set>

namespace agent {

namespace {

using common::Fault;
using nlohmann::json;

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

/// The array within `whole`.
common::Result<json*> list_in(json& whole) {
    if (whole.is_array()) {
        return &whole;
    }
    if (!whole.is_object()) {
        return common::fail(Fault::input, "a list of webhooks must be a JSON array, this is " +
                                              std::string{common::kind_of(whole)});
    }
    for (const auto* key : {"results", "items", "data"}) {
        if (const auto at = whole.find(key); at != whole.end()) {
            if (!at->is_array()) {
                return common::fail(Fault::input, std::string{key} +
                                                      " must be a list of webhooks, this is " +
                                                      std::string{common::kind_of(*at)});
            }
            return &*at;
        }
    }
    return common::fail(
        Fault::input,
        "no list of webhooks inside: neither an array nor an object with results, items or data (" +
            keys_of(whole) + ")");
}

common::Result<std::optional<std::string>> next_in(const json& whole) {
    if (!whole.is_object()) {
        return std::nullopt;
    }
    for (const auto* key : {"next_page", "next"}) {
        const auto at = whole.find(key);
        if (at == whole.end() || at->is_null() || *at == "") {
            continue;
        }
        if (!at->is_string()) {
            return common::fail(Fault::input, std::string{key} +
                                                  " must be a URL or null, this is " +
                                                  std::string{common::kind_of(*at)});
        }
        return at->get<std::string>();
    }
    return std::nullopt;
}

json name_of(const json& definition) {
    return definition.is_object() ? definition.value("name", json{}) : json{};
}

/// "webhook 2 ("door")", counted from 1, as people count the entries of a file.
std::string title_of(std::size_t index, const json& definition) {
    const auto name = name_of(definition);
    return "webhook " + std::to_string(index + 1) +
           (name.is_string() ? " (" + common::shown(name) + ")" : "");
}

} // namespace

common::Result<DefinitionList> read_list(std::string_view text) {
    if (looks_like_html(text)) {
        return common::fail(Fault::input, "this is an HTML page, not JSON: is server.url right?");
    }
    auto whole = common::parse_json(text);
    if (!whole) {
        return common::fail("the list of webhooks", std::move(whole.error()));
    }
    auto items = list_in(*whole);
    if (!items) {
        return common::fail(std::move(items.error()));
    }
    auto next = next_in(*whole);
    if (!next) {
        return common::fail(std::move(next.error()));
    }
    DefinitionList list;
    list.next = std::move(*next);
    for (auto& item : **items) {
        if (!item.is_object()) {
            return common::fail(Fault::input, title_of(list.definitions.size(), item) +
                                                  " of the list must be an object, this is " +
                                                  std::string{common::kind_of(item)});
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
    const auto which = name.is_string() ? "the webhook " + common::shown(name)
                                        : std::string{"a webhook without a name"};
    const auto what = at == definition.end() ? " has no id" : " has the id " + common::shown(*at);
    return common::fail(Fault::input, which + what + "; an integer is needed");
}

common::Result<std::vector<std::pair<std::string, json>>>
read_local_definitions(std::string_view text) {
    auto list = read_list(text);
    if (!list) {
        return common::fail(std::move(list.error()));
    }
    std::vector<std::string> faults;
    if (list->next) {
        faults.emplace_back(
            "this is one page of a longer list, the next is elsewhere; a whole list is needed");
    }
    std::vector<std::pair<std::string, json>> definitions;
    std::set<std::string> names;
    for (auto& definition : list->definitions) {
        const auto title = title_of(definitions.size(), definition);
        const auto name = name_of(definition);
        const auto key = "local:" + (name.is_string() ? name.get<std::string>() : "");
        if (!name.is_string() || name == "") {
            faults.push_back(title + " has no name; a name is needed, it is the webhook's key");
        } else if (!names.insert(key).second) {
            faults.push_back(title + ": another webhook has this name already; each needs its own");
        }
        definitions.emplace_back(key, std::move(definition));
    }
    if (!faults.empty()) {
        return common::fail(Fault::input, common::joined(faults));
    }
    return definitions;
}

} // namespace agent
