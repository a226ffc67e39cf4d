// A list of webhooks is read whole or not at all, and a webhook that is served is one without a
// fault.

#include "agent/webhooks/definition_list.hpp"
#include "agent/webhooks/webhook.hpp"
#include "common/text/json.hpp"
#include "test/fuzz/target.hpp"

#include <set>

namespace {

using fuzz::require;
using nlohmann::json;

void check_webhook(const std::string& text) {
    const auto definition = common::parse_json(text);
    require(definition && definition->is_object(), "a definition is a JSON object");
    const auto key = agent::server_key(*definition);
    const auto webhook = agent::read_webhook(key.value_or(""), *definition);
    const bool sound = agent::check_definition(*definition).empty();
    require(sound == (webhook.state != agent::WebhookState::unsupported) &&
                sound == webhook.reason.empty(),
            "a webhook is unsupported if and only if it has faults");
    require(json::parse(webhook.definition) == *definition, "its definition is kept");
    require(!sound || (!webhook.name.empty() && !webhook.target.host.empty()),
            "a webhook without faults has a name and a target");
}

void read(std::string_view text) {
    const auto list = agent::read_list(text);
    const auto whole = common::parse_json(text);
    const auto local = agent::read_local_definitions(text);
    require(!list || whole, "a list is JSON");
    require(!local || list, "a local file is a list");
    if (!list) {
        return;
    }
    auto items = json::array();
    for (const auto& one : list->definitions) {
        check_webhook(one);
        items.push_back(json::parse(one));
    }
    if (whole->is_array()) {
        require(items == *whole, "the definitions are the list's");
    }
    const auto again = agent::read_list(items.dump());
    require(again && again->definitions == list->definitions, "written out, the list is the same");
    const auto count = list->definitions.size();
    const agent::PagesRead pages{count, 1, count};
    const auto next = agent::next_page(list->signs, pages);
    require(!local || (next && next->empty()), "a local file is whole");
    agent::doubt_of_end(list->signs, pages);
    std::set<std::string> keys;
    for (const auto& one : local.value_or(std::vector<agent::Definition>{})) {
        require(agent::local_name(one.key).value_or("") != "", "a local webhook has a name");
        require(keys.insert(one.key).second, "of its own");
    }
}

const fuzz::Registered registered{{"definitions", read}};

} // namespace
