#include "agent/webhooks/definition_list.hpp"

#include "agent/webhooks/failure_sign.hpp"
#include "agent/webhooks/misplaced_filters.hpp"
#include "common/text/invalid.hpp"
#include "common/text/json.hpp"
#include "common/text/json_names.hpp"

#include <algorithm>
#include <array>
#include <optional>
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

constexpr const char* list_keys[] = {"results", "items", "data"};

/// Whether `whole` holds a list of webhooks.
common::Result<void> check_form(const json& whole) {
    if (whole.is_array()) {
        return {};
    }
    if (!whole.is_object()) {
        return wrong_kind("the list of webhooks", whole, "a JSON array");
    }
    bool found = false;
    for (const auto* key : list_keys) {
        if (const auto at = whole.find(key); at != whole.end()) {
            if (!at->is_array()) {
                return wrong_kind(key, *at, "a list of webhooks");
            }
            found = true;
        }
    }
    return found ? common::Result<void>{}
                 : common::fail(Fault::input,
                                "this is not a list of webhooks (" + keys_of(whole) +
                                    "): expected an array, or an object with results, items or "
                                    "data");
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

/// Takes the definitions out of a list while it is parsed, so that the tree never holds more than
/// one of them.
class ItemReader {
  public:
    /// A parser callback; false: the value is dropped from the tree.
    bool on_event(int depth, json::parse_event_t event, json& value);
    /// The definitions of the only list that is not empty. Errors: an item that is none; two lists
    /// that differ.
    common::Result<std::vector<std::string>> take();

  private:
    using Event = json::parse_event_t;
    struct List {
        std::vector<std::string> definitions;
        std::optional<common::Error> fault; ///< the first item that is none
    };
    static constexpr std::size_t none = std::size(list_keys);

    int item_depth_ = 0; ///< 0: no list is open
    std::size_t key_ = none;
    List* open_ = nullptr;
    std::array<List, none> lists_; ///< by list_keys; a bare array is the first
};

common::Result<std::vector<std::string>> ItemReader::take() {
    std::size_t taken = none;
    for (std::size_t i = 0; i < none; ++i) {
        auto& list = lists_[i];
        if (list.fault) {
            return common::fail(*list.fault);
        }
        if (list.definitions.empty()) {
            continue;
        }
        if (taken != none && lists_[taken].definitions != list.definitions) {
            return common::fail(Fault::input, std::string{list_keys[taken]} + " and " +
                                                  list_keys[i] +
                                                  " are two lists: expected one list of webhooks");
        }
        taken = std::min(taken, i);
    }
    return taken == none ? std::vector<std::string>{} : std::move(lists_[taken].definitions);
}

bool ItemReader::on_event(int depth, Event event, json& value) {
    if (depth == 1 && event == Event::key) {
        const auto& key = value.get_ref<const std::string&>();
        key_ = static_cast<std::size_t>(std::ranges::find(list_keys, key) - list_keys);
        return true;
    }
    if (event == Event::array_start && (depth == 0 || (depth == 1 && item_depth_ == 0))) {
        if (depth == 0 || key_ != none) {
            item_depth_ = depth + 1;
            open_ = &lists_[depth == 0 ? 0 : key_];
            *open_ = {}; // of equal keys the last one counts
        }
        return true;
    }
    if (event == Event::array_end && depth + 1 == item_depth_) {
        item_depth_ = 0;
        return true;
    }
    const bool item =
        item_depth_ != 0 && depth == item_depth_ &&
        (event == Event::value || event == Event::object_end || event == Event::array_end);
    if (!item) {
        return true;
    }
    const auto count = open_->definitions.size();
    if (open_->fault) {
        return false;
    }
    if (!value.is_object()) {
        open_->fault = wrong_kind(title_of(count, value), value, "an object").value();
    } else if (count == most_definitions) {
        open_->fault = within_list_bounds(count + 1, 0, 0).error();
    } else {
        open_->definitions.push_back(value.dump());
    }
    return false;
}

} // namespace

common::Result<void> within_list_bounds(std::size_t definitions, std::size_t bytes,
                                        std::size_t values) {
    const auto beyond = [](const std::string& what) {
        return common::fail(Fault::input, "the list of webhooks is too large for this device: " +
                                              what + ", and nothing of it was taken");
    };
    if (bytes > most_list_bytes) {
        return beyond("more than " + std::to_string(most_list_bytes >> 20) + " MiB");
    }
    if (definitions > most_definitions) {
        return beyond("more than " + std::to_string(most_definitions) + " webhooks");
    }
    if (values > most_list_values) {
        return beyond("more than " + std::to_string(most_list_values) + " JSON values");
    }
    return {};
}

common::Result<DefinitionList> read_list(std::string_view text, const common::Headers& headers) {
    if (looks_like_html(text)) {
        return common::fail(Fault::input,
                            "this is an HTML page: expected JSON; check [server] url");
    }
    if (auto bounds = within_list_bounds(0, text.size(), 0); !bounds) {
        return common::fail(std::move(bounds.error()));
    }
    const auto values = common::check_json(text);
    if (!values) {
        return common::fail("the list of webhooks", values.error());
    }
    if (auto bounds = within_list_bounds(0, text.size(), *values); !bounds) {
        return common::fail(std::move(bounds.error()));
    }
    ItemReader items;
    auto whole = json::parse(text.begin(), text.end(),
                             [&](int depth, json::parse_event_t event, json& value) {
                                 return items.on_event(depth, event, value);
                             });
    if (const auto sign = failure_sign(whole); !sign.empty()) {
        return common::fail(Fault::input, "this is not a list of webhooks: " + sign +
                                              " says that the server failed to make one");
    }
    if (auto form = check_form(whole); !form) {
        return common::fail(std::move(form.error()));
    }
    auto signs = read_page_signs(whole, headers);
    if (!signs) {
        return common::fail(std::move(signs.error()));
    }
    auto definitions = items.take();
    if (!definitions) {
        return common::fail(std::move(definitions.error()));
    }
    return DefinitionList{std::move(*definitions), std::move(*signs), *values};
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
    if (const auto name = common::repeated_name(text)) {
        faults.push_back("an object has " + *name + " twice: expected each name once");
    }
    const auto count = list->definitions.size();
    if (const auto rest = next_page(list->signs, {count, 1, count}); !rest || !rest->empty()) {
        faults.emplace_back("this is one page of a longer list: expected the whole list");
    }
    std::vector<Definition> definitions;
    std::set<std::string> names;
    for (const auto& text_of_one : list->definitions) {
        const auto definition = json::parse(text_of_one);
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
        definitions.push_back({local_key(name), text_of_one});
    }
    if (!faults.empty()) {
        return common::fail(Fault::input, common::joined(faults));
    }
    return definitions;
}

} // namespace agent
