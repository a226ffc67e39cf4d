#include "agent/definitions/local_file.hpp"

#include "agent/config/text_file.hpp"
#include "agent/webhooks/definition_list.hpp"

#include <nlohmann/json.hpp>

namespace agent {

common::Result<std::vector<Definition>> read_local(const Config& config) {
    if (config.webhooks.file.empty()) {
        return std::vector<Definition>{};
    }
    auto text = read_text_file(config.webhooks.file, most_list_bytes);
    if (!text) {
        return common::fail(common::Fault::config, "[webhooks] file: " + text.error().message);
    }
    auto list = read_local_definitions(*text);
    if (!list) {
        return common::fail(common::Fault::config, "[webhooks] file: " + config.webhooks.file +
                                                       ": " + list.error().message);
    }
    return list;
}

} // namespace agent
