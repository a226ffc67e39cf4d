// Each problem by itself: what is found, and that nothing is found without its cause.
#include "agent/api/problem_list.hpp"
#include "agent/api/webhook_problems.hpp"

#include <algorithm>
#include <functional>
#include <gtest/gtest.h>

namespace {

using agent::Problem;
using agent::Severity;
using agent::StatusFacts;
using agent::WebhookFacts;
using agent::WebhookState;

WebhookFacts webhook(const std::string& key, const std::string& name) {
    WebhookFacts facts;
    facts.key = key;
    facts.name = name;
    facts.target = "http://10.0.0.7/" + name;
    facts.origin = "http://10.0.0.7";
    return facts;
}

/// A device with a server and two webhooks where all is well.
StatusFacts well() {
    StatusFacts facts;
    facts.server.url = "https://lite.example";
    facts.server.last_sync = "2026-11-28T16:00:00Z";
    facts.webhooks = {webhook("5", "door"), webhook("6", "gate")};
    facts.time = "2026-11-28T16:43:00Z";
    facts.queue.path = "/var/lib/ffl-agent/agent.db";
    facts.queue.max_size = std::uint64_t{1} << 30;
    facts.queue.min_free = std::uint64_t{64} << 20;
    facts.queue.disk_free = std::uint64_t{1} << 40;
    facts.config.path = "/etc/ffl-agent/agent.ini";
    facts.certificates = {{"the certificate of the server https://lite.example", 30.0,
                           "2026-12-28T16:43:00Z", "renew it"}};
    facts.memory_refused_s = 301;
    facts.last_event_s = 3'601;
    facts.usual_gap_s = 360;
    facts.longest_gap_s = 3'602;
    return facts;
}

struct Row {
    std::function<void(StatusFacts&)> cause;
    Severity level;
    std::string what; ///< a part of it
    std::string fix;  ///< a part of it
    std::optional<double> since_s{};
    std::optional<std::string> webhook{};
};

constexpr auto mib = std::uint64_t{1} << 20;

const std::vector<Row>& rows() {
    using F = StatusFacts&;
    static const std::vector<Row> all{
        {[](F f) { f.queue.degraded = true, f.queue.error = "disk I/O error"; }, Severity::fail,
         "cannot be written, so that new events are refused: disk I/O error", "`ffl-agent check`"},
        {[](F f) { f.no_socket = "/run/a.sock: no space left on device"; }, Severity::fail,
         "/run/a.sock: no space left", "make its folder writable"},
        {[](F f) { f.deliveries_stand_still = true; }, Severity::fail, "make no progress",
         "systemctl restart ffl-agent"},
        {[](F f) { f.queue.quarantined = {"agent.db.corrupt-1"}; }, Severity::warn,
         "set aside: agent.db.corrupt-1", "delete the files"},
        {[](F f) { f.queue.disk_free = 128 * mib - 2; }, Severity::warn,
         "127 MiB are free on the disk of /var/lib/ffl-agent/agent.db, less than twice",
         "[queue] min_free"},
        {[](F f) { f.queue.disk_free = 64 * mib - 1; }, Severity::fail,
         "less than [queue] min_free (64 MiB): new events are refused", "[queue] min_free"},
        {[](F f) { f.queue.disk_free = 0, f.queue.drops_oldest = true; }, Severity::fail,
         "stored at the cost of the oldest", "[queue] min_free"},
        {[](F f) { f.queue.used = 820 * mib; }, Severity::warn, "the queue is 80 % full (820 MiB",
         "[queue] max_size"},
        {[](F f) { f.queue.full = true; }, Severity::fail, "refused for lack of space",
         "ffl-agent queue drop"},
        {[](F f) { f.config.refused_s = 7, f.config.errors = {"agent.ini:3: no"}; }, Severity::fail,
         "refused, and the agent runs with the one before: agent.ini:3: no",
         "ffl-agent check --reload", 7.0},
        {[](F f) { f.config.awaiting_restart = {"[ingest] listen"}; }, Severity::warn,
         "[ingest] listen was changed in /etc/ffl-agent/agent.ini", "systemctl restart ffl-agent"},
        {[](F f) { f.config.warnings = {"agent.ini:3: odd"}; }, Severity::warn, "agent.ini:3: odd",
         "correct it in /etc/ffl-agent/agent.ini"},
        {[](F f) { f.server.failing_s = 9, f.server.error = "connect: refused"; }, Severity::warn,
         "webhooks cannot be fetched from https://lite.example: connect: refused; the last good "
         "list is served, of 2026-11-28T16:00:00Z",
         "[server] url", 9.0},
        {[](F f) { f.server.failing_s = 9, f.server.last_sync = ""; }, Severity::warn,
         "the last good list is served, of before the start", "`ffl-agent sync`", 9.0},
        {[](F f) { f.server.failing_s = 9, f.webhooks_known = false; }, Severity::fail,
         "no list was ever fetched, so that events are refused", "[server] url", 9.0},
        {[](F f) { f.server.failing_s = 9, f.server.fault = common::Fault::refused; },
         Severity::fail, "the server https://lite.example refuses this device", "password_file",
         9.0},
        {[](F f) { f.server.failing_s = 9, f.server.fault = common::Fault::date; }, Severity::warn,
         "cannot be fetched", "the cause is on this device", 9.0},
        {[](F f) { f.webhooks_known = false; }, Severity::warn, "have not been fetched",
         "ffl-agent sync"},
        {[](F f) { f.certificates[0].days = 29.5; }, Severity::warn,
         "https://lite.example ends in 29 days, on 2026-12-28", "renew it"},
        {[](F f) { f.certificates[0].days = 0.5; }, Severity::warn, "ends within a day",
         "renew it"},
        {[](F f) { f.certificates[0].days = -0.1; }, Severity::fail, "has expired", "renew it"},
        {[](F f) { f.clock_synchronised = false; }, Severity::warn, "not synchronised",
         "timedatectl"},
        {[](F f) { f.clock_plausible = false, f.certificates[0].days = -1e4; }, Severity::fail,
         "the clock shows 2026-11-28T16:43:00Z", "systemd-timesyncd"},
        {[](F f) {
             f.webhooks[0].state = WebhookState::unsupported;
             f.webhooks[0].reason = "filters.x: unknown";
         },
         Severity::fail,
         "webhook 5 \"door\" is not served: filters.x: unknown",
         "[webhooks] exclude",
         {},
         "5"},
        {[](F f) { f.webhooks.clear(); }, Severity::warn, "there are no webhooks",
         "ffl-agent webhook create"},
        {[](F f) {
             f.webhooks[0].state = WebhookState::excluded;
             f.webhooks[1].state = WebhookState::inactive;
         },
         Severity::warn, "no webhook is served", "[webhooks] include"},
        {[](F f) { f.webhooks[1].warnings = {"yaw_gte is above yaw_lte"}; },
         Severity::warn,
         "webhook 6 \"gate\": yaw_gte is above yaw_lte",
         "served as written",
         {},
         "6"},
        {[](F f) {
             auto& one = f.webhooks[0];
             one.failing_s = 8, one.last_error = "503 Service Unavailable";
             one.pending = 3, one.oldest_s = 54.2;
         },
         Severity::fail,
         "webhook 5 \"door\" fails: 503 Service Unavailable; 3 deliveries wait, the oldest for "
         "54 s",
         "`ffl-agent queue list --webhook 5`", 8.0, "5"},
        {[](F f) { f.webhooks[0].failing_s = 8, f.webhooks[0].last_error = "401 Unauthorized"; },
         Severity::fail, "fails: 401 Unauthorized", "headers_file", 8.0, "5"},
        {[](F f) { f.webhooks[0].failing_s = 8, f.webhooks[0].last_error = "404 Not Found"; },
         Severity::fail, "fails: 404 Not Found", "the path in the webhook's target", 8.0, "5"},
        {[](F f) { f.webhooks[0].failing_s = 8, f.webhooks[0].own_fault = true; }, Severity::fail,
         "webhook 5 \"door\" fails", "the cause is on this device", 8.0, "5"},
        {[](F f) {
             f.webhooks[0].failing_s = 8, f.webhooks[0].waiting.probe_in = common::Millis{0};
         },
         Severity::fail, "webhook 5 \"door\" fails", "answer this device", 8.0, "5"},
        {[](F f) {
             auto& one = f.webhooks[0];
             one.failing_s = 8, one.last_error = "resolve: no such host name";
             one.waiting.probe_in = common::Millis{0};
         },
         Severity::fail, "webhook 5 \"door\" fails", "correct the name of the host", 8.0, "5"},
        {[](F f) {
             auto& one = f.webhooks[0];
             one.failing_s = 8, one.last_error = "TLS: the certificate has expired";
             one.waiting.probe_in = common::Millis{0};
         },
         Severity::fail, "webhook 5 \"door\" fails", "put the certificate of", 8.0, "5"},
        {[](F f) {
             for (auto& one : f.webhooks) {
                 one.failing_s = 8, one.last_error = "connect: refused", one.pending = 2;
                 one.waiting.probe_in = common::Millis{0}, one.waiting.target_silent = true;
             }
             f.webhooks[1].failing_s = 9, f.webhooks[1].oldest_s = 4;
         },
         Severity::fail,
         "the target http://10.0.0.7 does not answer (connect: refused): 2 webhooks fail; 4 "
         "deliveries wait, the oldest for 4 s",
         "firewall", 9.0},
        {[](F f) {
             auto& one = f.webhooks[0];
             one.pending = 1, one.oldest_s = 10, one.waiting.for_connection = true;
             one.waiting.behind = "6", one.holder = "gate";
         },
         Severity::warn,
         "webhook 5 \"door\": 1 delivery waits behind webhook 6 \"gate\", which has the "
         "connections, the oldest for 10 s",
         "shorter timeout for webhook 6",
         {},
         "5"},
        {[](F f) {
             auto& one = f.webhooks[0];
             one.pending = 2, one.oldest_s = 60, one.waiting.for_connection = true;
         },
         Severity::warn,
         "2 deliveries wait for earlier attempts of this webhook to end",
         "connections_per_target",
         {},
         "5"},
        {[](F f) {
             f.queue.dead = 3, f.webhooks[0].dead = 1, f.webhooks[1].dead = 2;
             f.webhooks[0].died_s = 9, f.webhooks[1].died_s = 5;
             f.webhooks[1].last_death = "500 no";
         },
         Severity::warn, "3 dead letters; the newest is of webhook 6 \"gate\", 5 s ago: 500 no",
         "queue list --state dead"},
        {[](F f) { f.queue.dead = 1, f.webhooks[0].dead = 1; },
         Severity::warn,
         "1 dead letter",
         "queue retry",
         {},
         "5"},
        {[](F f) { f.memory_refused_s = 299; }, Severity::warn, "lack of memory",
         "fewer events in one request", 299.0},
        {[](F f) { f.last_event_s = 3'603; }, Severity::warn, "no event for 1 h",
         "whether the recogniser runs", 3'603.0},
    };
    return all;
}

TEST(Problems, ThereAreNoneWithoutACause) {
    const auto facts = well();
    EXPECT_TRUE(agent::find_problems(facts).empty());
    EXPECT_EQ(agent::verdict_of(facts, {}).level, Severity::ok);
    EXPECT_EQ(agent::verdict_of(facts, {}).summary, "2 webhooks served, nothing waits");
}

TEST(Problems, EachCauseIsFoundAlone) {
    for (const auto& row : rows()) {
        auto facts = well();
        row.cause(facts);
        const auto problems = agent::find_problems(facts);
        ASSERT_EQ(problems.size(), 1U) << row.what;
        const auto& one = problems[0];
        EXPECT_EQ(one.level, row.level) << one.what;
        EXPECT_NE(one.what.find(row.what), std::string::npos) << one.what << "\n" << row.what;
        EXPECT_NE(one.fix.find(row.fix), std::string::npos) << one.fix << "\n" << row.fix;
        EXPECT_EQ(one.since_s, row.since_s) << one.what;
        EXPECT_EQ(one.webhook, row.webhook) << one.what;
        EXPECT_EQ(agent::verdict_of(facts, problems).level, row.level);
    }
}

TEST(Problems, WhatIsStillNormalIsNone) {
    const std::vector<std::function<void(StatusFacts&)>> normal{
        [](StatusFacts& f) { f.queue.disk_free = 128 * mib; },
        [](StatusFacts& f) { f.queue.used = 819 * mib; },
        [](StatusFacts& f) { f.queue.min_free = 0, f.queue.disk_free = 0; },
        [](StatusFacts& f) { f.webhooks[0].state = WebhookState::inactive; },
        [](StatusFacts& f) { f.webhooks[0].state = f.webhooks[1].state = WebhookState::inactive; },
        [](StatusFacts& f) {
            f.webhooks[0].state = WebhookState::inactive;
            f.webhooks[0].failing_s = 8; // of the time before
            f.webhooks[0].pending = 3;
        },
        [](StatusFacts& f) {
            auto& one = f.webhooks[0];
            one.pending = 1, one.oldest_s = 9.9, one.waiting.for_connection = true;
            one.waiting.behind = "6";
        },
        [](StatusFacts& f) { f.last_event_s = 3'599, f.longest_gap_s = 0; },
        [](StatusFacts& f) { f.usual_gap_s = 361, f.longest_gap_s = 0; },
        [](StatusFacts& f) { f.last_event_s.reset(); },
        [](StatusFacts& f) { f.usual_gap_s.reset(), f.longest_gap_s = 0; },
        [](StatusFacts& f) { f.server = {}; }, // standalone
    };
    for (std::size_t i = 0; i < normal.size(); ++i) {
        auto facts = well();
        normal[i](facts);
        for (const auto& one : agent::find_problems(facts)) {
            ADD_FAILURE() << i << ": " << one.what;
        }
    }
}

TEST(Problems, TheWorstComeFirstAndManyOfAKindAreCounted) {
    auto facts = well();
    facts.webhooks.clear();
    for (int i = 0; i < 25; ++i) {
        facts.webhooks.push_back(webhook(std::to_string(i), "w"));
        facts.webhooks.back().failing_s = 1;
    }
    facts.clock_synchronised = false;
    facts.config.refused_s = 1;
    const auto problems = agent::find_problems(facts);
    ASSERT_EQ(problems.size(), 23U) << "20, one that counts the rest, configuration and clock";
    EXPECT_TRUE(std::ranges::is_sorted(problems, std::ranges::greater{}, &Problem::level));
    EXPECT_EQ(problems[21].what, "5 more webhooks or targets fail");
    EXPECT_EQ(problems[22].level, Severity::warn);
}

TEST(Problems, TheVerdictIsOneSentence) {
    auto facts = well();
    facts.queue.pending = 2;
    EXPECT_EQ(agent::verdict_of(facts, {}).summary, "2 webhooks served, 2 deliveries wait");
    facts.webhooks[1].failing_s = 8;
    facts.queue.oldest_s = 54.9;
    auto problems = agent::find_problems(facts);
    EXPECT_EQ(agent::verdict_of(facts, problems).summary,
              "1 of 2 webhooks fails; the oldest delivery waits 54 s");
    facts = well();
    facts.clock_synchronised = false;
    problems = agent::find_problems(facts);
    EXPECT_EQ(agent::verdict_of(facts, problems).summary, "the clock is not synchronised");
    facts.queue.dead = 1;
    problems = agent::find_problems(facts);
    EXPECT_EQ(agent::verdict_of(facts, problems).summary, "1 dead letter (and 1 more problem)");
}

TEST(Problems, SayWhatDeliveriesWaitFor) {
    auto one = webhook("5", "door");
    EXPECT_EQ(agent::waits_for(one), "");
    one.pending = 2;
    EXPECT_EQ(agent::waits_for(one), "2 deliveries wait");
    one.failing_s = 1;
    EXPECT_EQ(agent::waits_for(one), "2 deliveries wait to be tried again");
    one.waiting.for_connection = true;
    one.waiting.behind = "6";
    EXPECT_EQ(agent::waits_for(one),
              "2 deliveries wait behind webhook 6, which has the connections");
    one.holder = "gate";
    EXPECT_EQ(agent::waits_for(one),
              "2 deliveries wait behind webhook 6 \"gate\", which has the connections");
    one.waiting.probe_in = common::Millis{40'300};
    EXPECT_EQ(agent::waits_for(one),
              "2 deliveries wait for the next probe of its target, which does not answer, in 40 s");
    one.waiting.target_silent = true;
    one.waiting.probe_in = common::Millis{0};
    EXPECT_EQ(agent::waits_for(one), "2 deliveries wait for the next probe of the target, of "
                                     "which nothing answers, which is under way");
    one.own_fault = true;
    one.last_error = "TLS: no file";
    EXPECT_EQ(agent::waits_for(one), "2 deliveries wait for a fault of this device: TLS: no file");
    one.state = WebhookState::inactive;
    EXPECT_EQ(agent::waits_for(one), "2 deliveries wait because the webhook is inactive");
}

TEST(Problems, SpansAreShort) {
    struct Span {
        double seconds;
        const char* text;
    };
    for (const auto& row :
         {Span{0, "0 s"}, Span{59.9, "59 s"}, Span{60, "1 min"}, Span{192, "3 min 12 s"},
          Span{7'500, "2 h 5 min"}, Span{3'600, "1 h"}, Span{172'800, "2 days"}}) {
        EXPECT_EQ(agent::span_text(row.seconds), row.text);
    }
}

} // namespace
