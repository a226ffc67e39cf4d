#include "agent/api/problem_list.hpp"

#include "agent/api/webhook_problems.hpp"
#include "common/net/certificate_dates.hpp"
#include "common/text/invalid.hpp"

#include <algorithm>
#include <cmath>

namespace agent {

namespace {

constexpr double nearly_full = 0.8; // of max_size
constexpr double recently_s = 300;
// An hour without an event is nothing yet where they are rare.
constexpr double silent_s = 3600;
constexpr double silent_gaps = 10;

std::string mebibytes(std::uint64_t bytes) {
    return std::to_string(bytes >> 20) + " MiB";
}

void find_database_problems(const StatusFacts& facts, std::vector<Problem>& problems) {
    const auto& queue = facts.queue;
    if (queue.degraded) {
        problems.push_back(
            {Severity::fail, "degraded",
             "the database " + queue.path +
                 " cannot be written, so that new events are refused: " + queue.error,
             "make its folder writable and free space on its disk; the agent goes "
             "on by itself within seconds. `ffl-agent check` tells more"});
    }
    if (facts.deliveries_stand_still) {
        problems.push_back({Severity::fail, "standstill",
                            "deliveries make no progress although some are due",
                            "the watchdog restarts the service; otherwise `systemctl restart "
                            "ffl-agent`, and keep the log (`journalctl -u ffl-agent`)"});
    }
    if (!facts.no_socket.empty()) {
        problems.push_back({Severity::fail, "socket",
                            "nobody can use the agent's socket: " + facts.no_socket,
                            "make its folder writable and free space on its disk; the agent tries "
                            "again every few seconds"});
    }
    if (!queue.quarantined.empty()) {
        problems.push_back(
            {Severity::warn, "quarantined",
             "a damaged database was set aside: " + common::joined(queue.quarantined, ", "),
             "what could be read of it is in the queue; check the disk, then "
             "delete the files"});
    }
}

void find_space_problems(const StatusFacts& facts, std::vector<Problem>& problems) {
    const auto& queue = facts.queue;
    const auto where = mebibytes(queue.disk_free) + " are free on the disk of " + queue.path;
    const std::string fix = "delete files of other programs there, or lower [queue] min_free";
    if (queue.disk_free < queue.min_free) {
        problems.push_back(
            {Severity::fail, "disk",
             where + ", less than [queue] min_free (" + mebibytes(queue.min_free) +
                 "): new events are " +
                 (queue.drops_oldest ? "stored at the cost of the oldest" : "refused"),
             fix});
    } else if (queue.disk_free / 2 < queue.min_free) {
        problems.push_back(
            {Severity::warn, "disk",
             where + ", less than twice [queue] min_free (" + mebibytes(queue.min_free) + ")",
             fix});
    }
    const auto share = queue.max_size == 0
                           ? 0.0
                           : static_cast<double>(queue.used) / static_cast<double>(queue.max_size);
    const auto fill = "the queue is " + std::to_string(std::lround(share * 100)) + " % full (" +
                      mebibytes(queue.used) + " of " + mebibytes(queue.max_size) + ")";
    const std::string make_room = "repair the targets that do not take their deliveries, delete "
                                  "some with `ffl-agent queue drop`, or raise [queue] max_size";
    if (queue.full) {
        problems.push_back({Severity::fail, "queue full",
                            "the last events were refused for lack of space; " + fill, make_room});
    } else if (share > nearly_full) {
        problems.push_back({Severity::warn, "queue full", fill, make_room});
    }
}

void find_config_problems(const StatusFacts& facts, std::vector<Problem>& problems) {
    const auto& config = facts.config;
    if (config.refused_s) {
        problems.push_back({Severity::fail, "config refused",
                            "the configuration on disk was refused, and the agent runs with the "
                            "one before: " +
                                common::joined(config.errors, "; "),
                            "correct it (`ffl-agent check --reload` judges it), then `systemctl "
                            "reload ffl-agent`",
                            config.refused_s});
    }
    if (!config.awaiting_restart.empty()) {
        problems.push_back({Severity::warn, "config restart",
                            common::joined(config.awaiting_restart, ", ") +
                                (config.awaiting_restart.size() == 1 ? " was" : " were") +
                                " changed in " + config.path +
                                " and takes effect only with a restart",
                            "`systemctl restart ffl-agent`"});
    }
}

void find_config_warnings(const StatusFacts& facts, std::vector<Problem>& problems) {
    for (const auto& warning : facts.config.warnings) {
        problems.push_back(
            {Severity::warn,
             "config " + warning,
             warning,
             "correct it in " + facts.config.path + ", then `systemctl reload ffl-agent`",
             {},
             {},
             false});
    }
}

void find_server_problem(const StatusFacts& facts, std::vector<Problem>& problems) {
    const auto& server = facts.server;
    if (server.url.empty() || !server.failing_s) {
        if (!facts.webhooks_known) {
            problems.push_back({Severity::warn, "server",
                                "the webhooks have not been fetched from " + server.url +
                                    " yet, so that events are refused until then",
                                "wait a moment; `ffl-agent sync` fetches them now"});
        }
        return;
    }
    const auto serving =
        facts.webhooks_known
            ? "; the last good list is served" +
                  (server.last_sync.empty() ? ", of before the start" : ", of " + server.last_sync)
            : "; no list was ever fetched, so that events are refused";
    const bool refused = server.fault == common::Fault::refused;
    std::string fix = "check that the server runs, the network, and [server] url; `ffl-agent "
                      "sync` tries at once";
    if (refused) {
        fix = "correct [server] username and the first line of password_file, then `systemctl "
              "reload ffl-agent`";
    } else if (server.fault == common::Fault::own || server.fault == common::Fault::date ||
               server.fault == common::Fault::config) {
        fix = "the cause is on this device: its clock, its name server or a file that the "
              "configuration names; `ffl-agent check` tells more";
    }
    problems.push_back({refused || !facts.webhooks_known ? Severity::fail : Severity::warn,
                        "server",
                        (refused ? "the server " + server.url + " refuses this device: "
                                 : "webhooks cannot be fetched from " + server.url + ": ") +
                            server.error + serving,
                        fix, server.failing_s});
}

void find_time_problems(const StatusFacts& facts, std::vector<Problem>& problems) {
    const std::string fix = "enable systemd-timesyncd or chrony and let the device reach a time "
                            "server; `timedatectl` shows how it stands";
    if (!facts.clock_plausible) {
        problems.push_back(
            {Severity::fail, "clock",
             "the clock shows " + facts.time + ", which is wrong: certificates cannot be verified",
             fix});
        return; // whose days would then be wrong, too
    }
    if (!facts.clock_synchronised) {
        problems.push_back({Severity::warn, "clock", "the clock is not synchronised", fix});
    }
    for (const auto& one : facts.certificates) {
        if (one.days >= static_cast<double>(common::renewal_time.count())) {
            continue;
        }
        const auto days = static_cast<long>(std::floor(one.days));
        const bool over = one.days < 0;
        problems.push_back({over ? Severity::fail : Severity::warn,
                            "certificate " + one.what,
                            one.what +
                                (over        ? " has expired, on "
                                 : days == 0 ? " ends within a day, on "
                                 : days == 1 ? " ends in 1 day, on "
                                             : " ends in " + std::to_string(days) + " days, on ") +
                                one.date,
                            one.fix,
                            {},
                            {},
                            false});
    }
}

void find_ingest_problems(const StatusFacts& facts, std::vector<Problem>& problems) {
    if (facts.memory_refused_s && *facts.memory_refused_s < recently_s) {
        problems.push_back({Severity::warn, "memory",
                            "requests were refused for lack of memory in the last minutes",
                            "let the producers send fewer events in one request, or lower "
                            "[ingest] max_body",
                            facts.memory_refused_s});
    }
    if (facts.last_event_s && facts.usual_gap_s && *facts.last_event_s > silent_s &&
        *facts.last_event_s > silent_gaps * *facts.usual_gap_s &&
        *facts.last_event_s > facts.longest_gap_s) {
        problems.push_back({Severity::warn, "no events",
                            "no event for " + span_text(*facts.last_event_s) +
                                ", longer than ever since the start (usually one every " +
                                span_text(*facts.usual_gap_s) + ")",
                            "look whether the recogniser runs and posts to this agent",
                            facts.last_event_s});
    }
}

} // namespace

std::vector<Problem> find_problems(const StatusFacts& facts) {
    std::vector<Problem> problems;
    find_database_problems(facts, problems);
    find_space_problems(facts, problems);
    find_config_problems(facts, problems);
    find_webhook_problems(facts, problems);
    find_server_problem(facts, problems);
    find_time_problems(facts, problems);
    find_ingest_problems(facts, problems);
    find_config_warnings(facts, problems);
    std::ranges::stable_sort(problems, std::ranges::greater{}, &Problem::level);
    return problems;
}

Verdict verdict_of(const StatusFacts& facts, const std::vector<Problem>& problems) {
    Verdict verdict;
    verdict.level = problems.empty() ? Severity::ok : problems.front().level;
    std::uint64_t serving = 0;
    std::uint64_t failing = 0;
    for (const auto& webhook : facts.webhooks) {
        serving += webhook.state == WebhookState::serving ? 1 : 0;
        failing += fails(webhook) ? 1 : 0;
    }
    const auto webhooks = std::to_string(serving) + (serving == 1 ? " webhook" : " webhooks");
    const auto oldest = facts.queue.pending > 0 && facts.queue.oldest_s
                            ? "; the oldest delivery waits " + span_text(*facts.queue.oldest_s)
                            : "";
    if (!problems.empty() && problems.front().kind == Problem::Kind::failing_webhook) {
        verdict.summary = std::to_string(failing) + " of " + webhooks +
                          (failing == 1 ? " fails" : " fail") + oldest;
    } else if (!problems.empty()) {
        const auto more = problems.size() - 1;
        verdict.summary = problems.front().what;
        if (more > 0) {
            verdict.summary += " (and " + std::to_string(more) +
                               (more == 1 ? " more problem)" : " more problems)");
        }
    } else if (facts.queue.pending == 0) {
        verdict.summary = webhooks + " served, nothing waits";
    } else {
        verdict.summary = webhooks + " served, " + std::to_string(facts.queue.pending) +
                          (facts.queue.pending == 1 ? " delivery waits" : " deliveries wait");
    }
    return verdict;
}

} // namespace agent
