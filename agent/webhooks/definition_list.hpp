// Reads the list of webhook definitions that a server or a local file holds. Pure.
#pragma once

#include "agent/webhooks/page_signs.hpp"
#include "common/base/result.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agent {

/// A definition as it was received.
struct Definition {
    std::string key;  ///< see server_key() and local_key()
    std::string json; ///< the JSON object as text
    bool operator==(const Definition&) const = default;
};

// A list takes many times its size in memory once it is read, so that these bounds together keep it
// below some tens of megabytes.
inline constexpr std::size_t most_list_bytes = std::size_t{16} << 20; ///< of all pages together
inline constexpr std::size_t most_list_values = 500'000;              ///< JSON values, the same
inline constexpr std::size_t most_definitions = 10'000;

struct DefinitionList {
    std::vector<std::string> definitions; ///< JSON objects as text
    PageSigns signs;                      ///< what the page says about the rest
    std::size_t values = 0;               ///< JSON values on the page
};

/// Fault::input: a list of so many webhooks, bytes and values is beyond the bounds above.
common::Result<void> within_list_bounds(std::size_t definitions, std::size_t bytes,
                                        std::size_t values);

/// Reads a bare array, or the array in `results`, `items` or `data`, with the headers of the answer
/// that it came in; never more than one definition of it as a tree. Errors (Fault::input) say what
/// is wrong with the list as a whole; an HTML page is reported as one.
common::Result<DefinitionList> read_list(std::string_view json,
                                         const common::Headers& headers = {});

/// The key of a server's definition: its integer id in decimal. Without one: Fault::input.
common::Result<std::string> server_key(const nlohmann::json& definition);

/// The key of a local definition: "local:NAME".
std::string local_key(std::string_view name);
/// The name in a local definition's key; empty for other keys.
std::optional<std::string_view> local_name(std::string_view key);

/// Reads the local definitions file: a whole list in which each definition has a name of its own.
/// Errors (Fault::input) name every fault; filters that are not in `filters` are one. Any other
/// rule of the manual that a definition breaks is not an error: it is unsupported, like one of the
/// server's. Returns them in the file's order.
common::Result<std::vector<Definition>> read_local_definitions(std::string_view json);

} // namespace agent
