#include "agent/api/webhook_problems.hpp"

#include "common/text/json.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

constexpr std::size_t most_named = 20; // of each kind
/// So long deliveries may wait for a connection before that is worth a word.
constexpr double long_behind_another_s = 10;
constexpr double long_behind_itself_s = 60;

std::string named(const std::string& key, const std::string& name) {
    return "webhook " + key + (name.empty() ? "" : " " + common::shown(nlohmann::json(name)));
}

std::string named(const WebhookFacts& webhook) {
    return named(webhook.key, webhook.name);
}

std::string counted(std::uint64_t count, const std::string& one, const std::string& many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string deliveries_wait(std::uint64_t count) {
    return counted(count, "delivery waits", "deliveries wait");
}

/// "; 12 deliveries wait, the oldest for 54 s".
std::string backlog(std::uint64_t pending, const std::optional<double>& oldest_s) {
    if (pending == 0) {
        return "";
    }
    const auto age = oldest_s ? (pending == 1 ? ", for " : ", the oldest for ") : "";
    return "; " + deliveries_wait(pending) + age + (oldest_s ? span_text(*oldest_s) : "");
}

std::string of_webhook(const WebhookFacts& webhook) {
    return "`ffl-agent queue list --webhook " + webhook.key + "`";
}

/// `error` begins with the step that failed.
std::string fix_of_silence(const std::string& target, const std::string& error) {
    std::string fix = "make " + target +
                      " answer this device (is it running, is the address right, does a firewall "
                      "block it?)";
    if (error.starts_with("resolve:")) {
        fix = "correct the name of the host in " + target + ", or enter it in DNS or /etc/hosts";
    } else if (error.starts_with("TLS:")) {
        fix = "put the certificate of " + target +
              " in order, or ca_file in the configuration (`ffl-agent check "
              "--online` tells more)";
    }
    return fix + "; then everything goes out by itself";
}

std::string fix_of_failure(const WebhookFacts& webhook) {
    const auto& error = webhook.last_error;
    if (webhook.own_fault) {
        return "the cause is on this device, not at the target; `journalctl -u ffl-agent` and "
               "`ffl-agent check` tell more";
    }
    if (webhook.waiting.probe_in) {
        return fix_of_silence("the target " + webhook.target, error);
    }
    if (error.starts_with("401") || error.starts_with("403") || error.starts_with("407")) {
        return "correct the user and password in the target's URL, or headers_file in the "
               "configuration's section for this webhook";
    }
    if (error.starts_with("404") || error.starts_with("405")) {
        return "correct the path in the webhook's target: " + webhook.target;
    }
    return "see " + of_webhook(webhook) + " and the target's own log for why it refuses them";
}

Problem failure_of(const WebhookFacts& webhook) {
    return {Severity::fail,
            "webhook fails " + webhook.key,
            named(webhook) + " fails: " + webhook.last_error +
                backlog(webhook.pending, webhook.oldest_s),
            fix_of_failure(webhook),
            webhook.failing_s,
            webhook.key,
            true,
            Problem::Kind::failing_webhook};
}

/// Of a target of which nothing answers: one problem, however many webhooks it has.
Problem failure_of(const std::vector<const WebhookFacts*>& webhooks) {
    std::uint64_t pending = 0;
    std::optional<double> oldest_s;
    std::optional<double> since_s;
    for (const auto* webhook : webhooks) {
        pending += webhook->pending;
        oldest_s = std::max(oldest_s, webhook->oldest_s);
        since_s = std::max(since_s, webhook->failing_s);
    }
    const auto& first = *webhooks.front();
    return {Severity::fail,
            "target fails " + first.origin,
            "the target " + first.origin + " does not answer (" + first.last_error + "): " +
                std::to_string(webhooks.size()) + " webhooks fail" + backlog(pending, oldest_s),
            fix_of_silence(first.origin, first.last_error),
            since_s,
            {},
            true,
            Problem::Kind::failing_webhook};
}

/// Problems that are alike: the first ones with their texts, and one that says how many more there
/// are, so that ten thousand webhooks cost no more words than twenty.
class AlikeProblems {
  public:
    /// `rest`: "webhooks wait".
    AlikeProblems(std::vector<Problem>& problems, std::string rest)
        : problems_{problems}, rest_{std::move(rest)} {}

    template <class Build> void add(const Build& build) {
        if (count_++ < most_named) {
            problems_.push_back(build());
            level_ = problems_.back().level;
        }
    }
    /// After the last add().
    void end() {
        if (count_ > most_named) {
            problems_.push_back({level_, rest_,
                                 std::to_string(count_ - most_named) + " more " + rest_,
                                 "`ffl-agent status --json` lists all webhooks"});
        }
    }

  private:
    std::vector<Problem>& problems_;
    std::string rest_;
    Severity level_ = Severity::warn;
    std::size_t count_ = 0;
};

void find_failures(const StatusFacts& facts, std::vector<Problem>& problems) {
    std::map<std::string, std::vector<const WebhookFacts*>> silent; // by origin
    for (const auto& webhook : facts.webhooks) {
        if (fails(webhook) && webhook.waiting.target_silent) {
            silent[webhook.origin].push_back(&webhook);
        }
    }
    AlikeProblems found{problems, "webhooks or targets fail"};
    for (const auto& [origin, webhooks] : silent) {
        if (webhooks.size() > 1) {
            found.add([&of = webhooks] { return failure_of(of); });
        }
    }
    for (const auto& webhook : facts.webhooks) {
        const auto group = silent.find(webhook.origin);
        const bool grouped =
            webhook.waiting.target_silent && group != silent.end() && group->second.size() > 1;
        if (fails(webhook) && !grouped) {
            found.add([&] { return failure_of(webhook); });
        }
    }
    found.end();
}

Problem unserved(const WebhookFacts& webhook) {
    return {Severity::fail,
            "unsupported " + webhook.key,
            named(webhook) + " is not served: " + webhook.reason,
            "correct its definition (`ffl-agent webhook update`, or the file of [webhooks] file), "
            "or leave it out with [webhooks] exclude",
            {},
            webhook.key};
}

void find_unserved(const StatusFacts& facts, std::vector<Problem>& problems) {
    AlikeProblems found{problems, "webhooks are not served"};
    for (const auto& webhook : facts.webhooks) {
        if (webhook.state == WebhookState::unsupported) {
            found.add([&] { return unserved(webhook); });
        }
    }
    found.end();
    const bool serves = std::ranges::any_of(facts.webhooks, [](const WebhookFacts& webhook) {
        return webhook.state == WebhookState::serving;
    });
    const bool meant = std::ranges::any_of(facts.webhooks, [](const WebhookFacts& webhook) {
        return webhook.state != WebhookState::inactive;
    });
    if (facts.webhooks_known && facts.webhooks.empty()) {
        problems.push_back({Severity::warn, "no webhooks",
                            "there are no webhooks, so that no event is delivered",
                            "create one on the server (`ffl-agent webhook create`) or in the file "
                            "of [webhooks] file"});
    } else if (facts.webhooks_known && meant && !serves) {
        problems.push_back({Severity::warn, "nothing served",
                            "no webhook is served, so that no event is delivered",
                            "see in `ffl-agent status` why; [webhooks] include and exclude say "
                            "which ones this device serves"});
    }
}

Problem contradiction(const WebhookFacts& webhook, const std::string& warning) {
    return {Severity::warn,
            "contradiction " + webhook.key + " " + warning,
            named(webhook) + ": " + warning,
            "it is served as written; correct its definition if that is not what is meant",
            {},
            webhook.key,
            false};
}

void find_contradictions(const StatusFacts& facts, std::vector<Problem>& problems) {
    AlikeProblems found{problems, "webhooks may not be what is meant"};
    for (const auto& webhook : facts.webhooks) {
        for (const auto& warning : webhook.warnings) {
            if (webhook.state == WebhookState::serving) {
                found.add([&] { return contradiction(webhook, warning); });
            }
        }
    }
    found.end();
}

Problem long_wait(const WebhookFacts& webhook) {
    const auto& behind = webhook.waiting.behind;
    return {Severity::warn,
            "waits " + webhook.key,
            named(webhook) + ": " + waits_for(webhook) + ", the oldest for " +
                span_text(*webhook.oldest_s),
            behind.empty() ? "the target answers more slowly than events come: make it faster, or "
                             "raise [delivery] connections_per_target"
                           : "set a shorter timeout for webhook " + behind +
                                 " in a section [webhook NAME], or raise [delivery] "
                                 "connections_per_target and connections",
            {},
            webhook.key};
}

void find_waiting(const StatusFacts& facts, std::vector<Problem>& problems) {
    AlikeProblems found{problems, "webhooks wait"};
    for (const auto& webhook : facts.webhooks) {
        const auto& waiting = webhook.waiting;
        const auto longest = waiting.behind.empty() ? long_behind_itself_s : long_behind_another_s;
        if (!fails(webhook) && waiting.for_connection && webhook.pending > 0 &&
            webhook.oldest_s.value_or(0) >= longest) {
            found.add([&] { return long_wait(webhook); });
        }
    }
    found.end();
}

void find_dead_letters(const StatusFacts& facts, std::vector<Problem>& problems) {
    if (facts.queue.dead == 0) {
        return;
    }
    const WebhookFacts* newest = nullptr;
    std::optional<std::string> only;
    for (const auto& webhook : facts.webhooks) {
        if (webhook.died_s && (newest == nullptr || *webhook.died_s < *newest->died_s)) {
            newest = &webhook;
        }
        if (webhook.dead == facts.queue.dead) {
            only = webhook.key;
        }
    }
    problems.push_back(
        {Severity::warn,
         "dead letters",
         counted(facts.queue.dead, "dead letter", "dead letters") +
             (newest == nullptr ? ""
                                : "; the newest is of " + named(*newest) + ", " +
                                      span_text(*newest->died_s) + " ago: " + newest->last_death),
         "see them with `ffl-agent queue list --state dead`; send them again with `ffl-agent queue "
         "retry --all`, or delete them with `ffl-agent queue drop --all --state dead`",
         {},
         only});
}

} // namespace

bool fails(const WebhookFacts& webhook) {
    return webhook.state == WebhookState::serving && webhook.failing_s;
}

std::string waits_for(const WebhookFacts& webhook) {
    if (webhook.pending == 0) {
        return "";
    }
    const auto wait = deliveries_wait(webhook.pending);
    const auto& waiting = webhook.waiting;
    if (webhook.state != WebhookState::serving) {
        return wait + " because the webhook is " + std::string{to_string(webhook.state)};
    }
    if (webhook.own_fault) {
        return wait + " for a fault of this device: " + webhook.last_error;
    }
    if (waiting.probe_in) {
        const auto due =
            waiting.probe_in->count() == 0
                ? std::string{", which is under way"}
                : ", in " + span_text(static_cast<double>(waiting.probe_in->count()) / 1000.0);
        return wait + " for the next probe of " +
               (waiting.target_silent ? "the target, of which nothing answers"
                                      : "its target, which does not answer") +
               due;
    }
    if (waiting.for_connection && !waiting.behind.empty()) {
        return wait + " behind " + named(waiting.behind, webhook.holder) +
               ", which has the connections";
    }
    if (waiting.for_connection) {
        return wait + " for earlier attempts of this webhook to end";
    }
    return wait + (webhook.failing_s ? " to be tried again" : "");
}

void find_webhook_problems(const StatusFacts& facts, std::vector<Problem>& problems) {
    find_failures(facts, problems);
    find_unserved(facts, problems);
    find_waiting(facts, problems);
    find_dead_letters(facts, problems);
    find_contradictions(facts, problems);
}

} // namespace agent
