#include "agent/config/unmatched_globs.hpp"

#include "common/text/invalid.hpp"
#include "common/text/values.hpp"

#include <algorithm>

namespace agent {

namespace {

using Names = std::vector<std::string>;

bool matches_any(const std::string& glob, const Names& names) {
    return std::ranges::any_of(
        names, [&](const std::string& name) { return common::glob_matches(glob, name); });
}

std::string unmatched_list(const char* key, const Names& globs, const Names& server) {
    Names unmatched;
    for (const auto& glob : globs) {
        if (!matches_any(glob, server)) {
            unmatched.push_back('"' + glob + '"');
        }
    }
    return unmatched.empty() ? std::string{}
                             : std::string{"[webhooks] "} + key +
                                   ": no webhook of the server has "
                                   "a name that matches " +
                                   common::joined(unmatched, " or ");
}

} // namespace

Names unmatched_globs(const Config& config, const Names& server, const Names& local) {
    Names warnings;
    const auto add = [&](std::string warning) {
        if (!warning.empty()) {
            warnings.push_back(std::move(warning));
        }
    };
    if (config.server.url) {
        // "*" is the default, and right for a server that has no webhooks yet.
        if (config.webhooks.include != Names{"*"}) {
            add(unmatched_list("include", config.webhooks.include, server));
        }
        add(unmatched_list("exclude", config.webhooks.exclude, server));
        if (!server.empty() && std::ranges::none_of(server, [&](const std::string& name) {
                return included(config, name);
            })) {
            add("[webhooks] include and exclude leave none of the server's " +
                std::to_string(server.size()) + " webhooks to serve");
        }
    }
    auto left = server;
    left.insert(left.end(), local.begin(), local.end());
    const auto all = left;
    for (const auto& section : config.overrides) {
        const auto matches = [&](const std::string& name) {
            return common::glob_matches(section.glob, name);
        };
        if (!matches_any(section.glob, all)) {
            add("[" + section.section +
                "]: no webhook has a name that matches, so it has no effect");
        } else if (std::erase_if(left, matches) == 0) {
            add("[" + section.section +
                "]: an earlier section matches the same webhooks, so this one has no effect");
        }
    }
    return warnings;
}

} // namespace agent
