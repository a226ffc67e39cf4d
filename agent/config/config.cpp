#include "agent/config/config.hpp"

#include "common/text/values.hpp"

#include <algorithm>

namespace agent {

DeliverySettings settings_for(const Config& config, std::string_view webhook_name) {
    auto settings = config.delivery.defaults;
    const auto matches = [&](const WebhookOverride& section) {
        return common::glob_matches(section.glob, webhook_name);
    };
    const auto found = std::ranges::find_if(config.overrides, matches);
    if (found != config.overrides.end()) {
        const auto override_with = [](auto& value, const auto& over) {
            if (over) {
                value = *over;
            }
        };
        override_with(settings.body, found->body);
        override_with(settings.timeout, found->timeout);
        override_with(settings.max_age, found->max_age);
        override_with(settings.cooldown, found->cooldown);
        override_with(settings.cooldown_key, found->cooldown_key);
        override_with(settings.headers, found->headers);
        override_with(settings.signing_keys, found->signing_keys);
        override_with(settings.tls.ca_file, found->ca_file);
        override_with(settings.tls.client_cert_file, found->client_cert_file);
        override_with(settings.tls.client_key_file, found->client_key_file);
    }
    return settings;
}

bool included(const Config& config, std::string_view webhook_name) {
    const auto matches = [webhook_name](const std::string& glob) {
        return common::glob_matches(glob, webhook_name);
    };
    return std::ranges::any_of(config.webhooks.include, matches) &&
           std::ranges::none_of(config.webhooks.exclude, matches);
}

} // namespace agent
