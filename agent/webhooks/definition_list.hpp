// The list of webhook definitions as a server or a file gives it, taken apart. Pure.
#pragma once

#include "agent/webhooks/webhook.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace agent {

/// A definition as it came: key and JSON text.
struct Definition {
    std::string key;
    std::string json;
    bool operator==(const Definition&) const = default;
};

/// The definitions in any of the shapes that a list comes in: a bare array, or inside `results`,
/// `items` or `data`. `next`: the page's `next_page` or `next`, if any: a URL, absolute or
/// relative.
struct DefinitionList {
    std::vector<nlohmann::json> definitions;
    std::optional<std::string> next;
};

/// The error (Fault::input) says what is wrong with the list as a whole; an HTML page is called
/// one.
common::Result<DefinitionList> read_list(std::string_view json);

/// The key of a server's definition: its integer id in decimal. An item without one is an error.
common::Result<std::string> server_key(const nlohmann::json& definition);

/// The local definitions file: keys "local:NAME", each with a name and none twice; the error
/// (Fault::input) names every fault. A definition that breaks the manual's rules is no fault of the
/// list: it is unsupported, as one of the server's would be. Gives key and definition in the file's
/// order.
common::Result<std::vector<std::pair<std::string, nlohmann::json>>>
read_local_definitions(std::string_view json);

} // namespace agent
