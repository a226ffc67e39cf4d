#include "agent/api/log_level_api.hpp"

#include "common/base/log.hpp"
#include "common/net/problem.hpp"
#include "common/text/invalid.hpp"
#include "common/text/json.hpp"

#include <nlohmann/json.hpp>

namespace agent {

namespace {

namespace log = common::log;
using nlohmann::json;

void change(log::Level to) {
    const auto from = log::level();
    if (from == to) {
        return;
    }
    const bool more = to > from;
    if (more) {
        log::set_level(to);
    }
    log::info("log level changed until the next reload or restart",
              {{"from", log::to_string(from)}, {"to", log::to_string(to)}});
    log::set_level(to);
}

} // namespace

common::HttpReply log_level_reply(const Config& config) {
    const json answer{{"level", log::to_string(log::level())},
                      {"configured", log::to_string(config.log_level)}};
    return common::json_reply(200, answer.dump());
}

common::HttpReply change_log_level(const Config& config, std::string_view body) {
    const auto wanted = common::parse_json(body);
    if (!wanted) {
        return common::problem(400, wanted.error().message);
    }
    if (!wanted->is_object() || wanted->size() != 1 || !wanted->contains("level")) {
        return common::problem(400, common::invalid("body", common::shown(*wanted),
                                                    R"(an object such as {"level":"debug"})"));
    }
    const auto& name = wanted->at("level");
    const auto level =
        name.is_string() ? log::parse_level(name.get_ref<const std::string&>()) : std::nullopt;
    if (!level) {
        return common::problem(400,
                               common::invalid("level", common::shown(name),
                                               common::one_of({"error", "warn", "info", "debug"})));
    }
    change(*level);
    return log_level_reply(config);
}

} // namespace agent
