#include "agent/cli/check_agent.hpp"

#include "agent/cli/agent_client.hpp"
#include "agent/cli/output.hpp"
#include "agent/config/file_stamp.hpp"
#include "agent/store/queue_lock.hpp"
#include "common/base/version.hpp"
#include "common/text/invalid.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

namespace fs = std::filesystem;
using common::Fault;
using nlohmann::json;

constexpr common::Millis patience{5'000};
constexpr const char* restart = "sudo systemctl restart ffl-agent";
constexpr const char* reload = "sudo systemctl reload ffl-agent";

json part_of(const json& whole, const char* name) {
    const auto found = whole.is_object() ? whole.find(name) : whole.end();
    return whole.is_object() && found != whole.end() ? *found : json{};
}

std::string text_of_part(const json& whole, const char* name) {
    const auto part = part_of(whole, name);
    return part.is_string() ? part.get<std::string>() : std::string{};
}

bool same_file(const std::string& one, const std::string& other) {
    std::error_code failed;
    return one == other || fs::equivalent(one, other, failed);
}

void judge_config(const json& running, const Config& config, Findings& found) {
    const auto path = text_of_part(running, "path");
    const auto stamp = text_of_part(running, "stamp");
    if (fs::path{path}.is_absolute() && !same_file(path, fs::absolute(config.path))) {
        found.push_back(
            {Level::warn, "the agent runs with " + path + ", and this check reads " + config.path,
             "check the other one with --config " + path + ", or let the service use this one"});
        return;
    }
    bool same = true;
    if (part_of(running, "refused_since").is_string()) {
        same = false;
        std::vector<std::string> errors;
        for (const auto& error : part_of(running, "errors")) {
            errors.push_back(error.is_string() ? error.get<std::string>() : error.dump());
        }
        found.push_back({Level::warn,
                         "the agent has refused the configuration on disk and runs with an earlier "
                         "one: " +
                             common::joined(errors),
                         "this check finds no error in it now: " + std::string{reload}});
    } else if (!stamp.empty() && !config.stamp.empty() && stamp != config.stamp) {
        same = false;
        found.push_back({Level::warn,
                         "the agent runs with an earlier configuration than the one on disk (" +
                             edited_last(config.files) + " was edited last)",
                         reload});
    }
    for (const auto& setting : part_of(running, "awaiting_restart")) {
        same = false;
        found.push_back(
            {Level::warn,
             text_or(setting, "?") + " was changed, and the agent runs with the old one", restart});
    }
    if (same && !stamp.empty() && !config.stamp.empty()) {
        found.push_back({Level::ok, "the agent runs with the configuration on disk"});
    }
}

void report_silence(Report& report, const Config& config, const common::Error& error) {
    if (error.fault == Fault::refused) {
        report.denied(error.message, "run it with sudo");
        return;
    }
    if (const auto holder = QueueLock::holder(config.queue.path)) {
        report.fail(*holder + " has the queue, but " + error.message,
                    "see whether it listens where the configuration says (journalctl -u "
                    "ffl-agent), or " +
                        std::string{restart});
    } else {
        report.warn("no agent is running: no events are accepted, and nothing is delivered (" +
                        error.message + ")",
                    "sudo systemctl start ffl-agent; journalctl -u ffl-agent says why it ended");
    }
}

} // namespace

Findings judge_status(const json& status, const Config& config, const std::string& own_version) {
    Findings found;
    const auto version = text_of_part(status, "version");
    const auto uptime = part_of(status, "uptime_s");
    found.push_back(
        {Level::ok, "the agent answers: version " + version + ", up " + show_seconds(uptime)});
    if (version != own_version) {
        found.push_back(
            {Level::warn,
             "the agent that runs is version " + version + ", and this program is " + own_version,
             restart});
    }
    judge_config(part_of(status, "config"), config, found);
    const auto store = part_of(status, "store");
    if (part_of(store, "degraded") == json(true)) {
        found.push_back({Level::fail,
                         "the agent cannot write to its database and refuses events: " +
                             text_of_part(store, "last_error"),
                         "look at the disk: free space, permissions, dmesg; it goes on by itself"});
    }
    const auto server = part_of(status, "server");
    if (text_of_part(server, "state") == "failing") {
        found.push_back(
            {Level::warn,
             "the agent cannot fetch the webhooks: " + text_of_part(server, "last_error"),
             "the lines about the server say more; where they are ok, it tries again "
             "within a minute, or now: ffl-agent sync"});
    }
    return found;
}

void check_agent(Report& report, const Config& config) {
    const auto reply = call_agent(config, "GET", "/v1/status", "", patience);
    if (!reply) {
        report_silence(report, config, reply.error());
        return;
    }
    if (reply->status != 200) {
        report.fail("the agent does not tell its state: " + reply_error(*reply).message,
                    "see whether another program listens in its place (ss -lxp, ss -ltnp)");
        return;
    }
    const auto status = parse_answer(reply->body);
    if (!status || text_of_part(*status, "version").empty()) {
        report.fail(status ? "what answers is not an ffl-agent" : status.error().message,
                    "see whether another program listens in its place (ss -lxp, ss -ltnp)");
        return;
    }
    report.add(judge_status(*status, config, common::version));
}

} // namespace agent
