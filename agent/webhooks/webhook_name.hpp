// Which webhook a person means, who may give its key or its name. Pure.
#pragma once

#include "common/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace agent {

struct Snapshot;

struct WebhookName {
    std::string key, name; ///< the name may be empty
};

std::vector<WebhookName> names_of(const Snapshot& snapshot);

/// The key of the webhook with that key or, where there is none, with that name. Fault::input:
/// there is none (the error says which there are), or several have that name (their keys).
common::Result<std::string> find_webhook(std::string_view given,
                                         const std::vector<WebhookName>& known);

} // namespace agent
