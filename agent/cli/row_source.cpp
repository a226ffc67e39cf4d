#include "agent/cli/row_source.hpp"

#include "agent/cli/agent_client.hpp"
#include "agent/config/text_file.hpp"
#include "agent/definitions/local_file.hpp"
#include "agent/store/delivery_id.hpp"

#include <algorithm>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

using common::Result;
using nlohmann::json;

constexpr std::size_t page_size = 1000;

std::string parameter(std::string_view name, std::string_view value) {
    return value.empty() ? std::string{}
                         : "&" + std::string{name} + "=" +
                               boost::urls::encode(value, boost::urls::unreserved_chars);
}

std::string target_of(const RowQuery& query) {
    const auto& selection = query.selection;
    return "/v1/deliveries?limit=" + std::to_string(query.limit) +
           parameter("order", to_string(query.order)) +
           parameter("state", selection.state ? to_string(*selection.state) : std::string_view{}) +
           parameter("webhook", selection.webhook.value_or("")) +
           parameter("after", query.after == 0 ? "" : std::to_string(query.after)) +
           parameter("event", query.event_id) + parameter("error", query.error) +
           parameter("max_age_s",
                     query.max_age ? std::to_string(query.max_age->count() / 1000) : "") +
           parameter("bodies", query.bodies ? "1" : "");
}

} // namespace

Result<RowSource> RowSource::open(const Config& config) {
    RowSource source{config};
    auto alive = call_agent(config, "GET", "/livez");
    if (alive) {
        return source;
    }
    if (alive.error().fault == common::Fault::refused) {
        return common::fail(alive.error());
    }
    if (auto readable = check_readable(config.queue.path);
        !readable && readable.error().fault == common::Fault::refused) {
        return common::fail(readable.error());
    }
    std::error_code absent;
    if (!std::filesystem::exists(config.queue.path, absent)) {
        return common::fail(alive.error().fault, alive.error().message +
                                                     ", and there is no database at " +
                                                     config.queue.path);
    }
    auto offline = OfflineQueue::open(config.queue.path);
    if (!offline) {
        return common::fail(offline.error());
    }
    source.offline_ = std::move(*offline);
    // A local file that cannot be read keeps nobody from reading the queue.
    if (const auto local = read_local(config)) {
        for (const auto& definition : *local) {
            source.offline_->also_known(definition.key);
        }
    }
    return source;
}

Result<std::string> RowSource::page(const RowQuery& query) {
    return offline_ ? offline_->page(query) : ask_agent_text(*config_, "GET", target_of(query));
}

Result<std::string> RowSource::one(std::int64_t id) {
    return offline_ ? offline_->one(id)
                    : ask_agent_text(*config_, "GET", "/v1/deliveries/" + shown_delivery(id));
}

Result<void> RowSource::for_each_page(RowQuery query, const Each& each) {
    for (std::size_t left = query.limit; left > 0;) {
        query.limit = std::min(left, page_size);
        const auto text = page(query);
        if (!text) {
            return common::fail(text.error());
        }
        const auto parsed = parse_answer(*text);
        if (!parsed) {
            return common::fail(parsed.error());
        }
        if (auto done = each(*text, *parsed); !done) {
            return done;
        }
        left -= std::min(left, parsed->at("deliveries").size());
        const auto& next = parsed->at("next");
        if (next.is_null()) {
            break;
        }
        query.after = next.get<std::int64_t>();
    }
    return {};
}

} // namespace agent
