// Problems: what is wrong, with what to do about it, and the facts that problems are found from.
// The status, the metrics and systemd's status line all print the same ones. Plain data.
#pragma once

#include "agent/webhooks/waiting.hpp"
#include "agent/webhooks/webhook.hpp"
#include "common/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agent {

/// ok is that of a verdict only.
enum class Severity { ok, warn, fail };
std::string_view to_string(Severity severity);

struct Problem {
    /// What the verdict is worded by.
    enum class Kind { other, failing_webhook };
    Severity level = Severity::warn;
    std::string id;   ///< stays the same while the problem lasts
    std::string what; ///< may contain text of others, exact
    std::string fix;  ///< a sentence: which command or key to use
    std::optional<double> since_s{};
    std::optional<std::string> webhook{}; ///< key, if it is about one
    bool dated = true;                    ///< it matters since when
    Kind kind = Kind::other;
};

/// What the problems of one webhook are found from. Ages are in seconds.
struct WebhookFacts {
    std::string key, name, target, origin;
    WebhookState state = WebhookState::serving;
    std::string reason;
    std::vector<std::string> warnings;
    std::uint64_t pending = 0, dead = 0;
    std::string last_error; ///< of the last attempt, empty if it delivered
    bool own_fault = false; ///< that attempt could not be made by this device
    std::optional<double> failing_s;
    std::optional<double> oldest_s; ///< of a pending delivery
    Waiting waiting{};
    std::string holder;     ///< the name of the webhook waiting.behind, if it has one
    std::string last_death; ///< of the newest dead letter, if it is known
    std::optional<double> died_s;
};

struct CertificateFacts {
    std::string what; ///< "the certificate of the server https://lite.example"
    double days = 0;  ///< until it ends; negative: it has ended
    std::string date; ///< on which it ends
    std::string fix;
};

struct StatusFacts {
    struct Server {
        std::string url;                 ///< empty: standalone
        std::optional<double> failing_s; ///< the list cannot be fetched since then
        common::Fault fault = common::Fault::unreachable;
        std::string error;
        std::string last_sync; ///< when a list was last good; empty: not since the start
    } server;
    bool webhooks_known = true;
    std::vector<WebhookFacts> webhooks;
    std::vector<CertificateFacts> certificates;
    bool clock_synchronised = true;
    bool clock_plausible = true;
    std::string time;
    struct Queue {
        std::string path;
        std::uint64_t pending = 0, dead = 0;
        std::optional<double> oldest_s;
        std::uint64_t used = 0, max_size = 0;
        bool full = false;
        bool drops_oldest = false;
        std::uint64_t disk_free = UINT64_MAX, min_free = 0;
        bool degraded = false;
        std::string error;
        std::vector<std::string> quarantined;
    } queue;
    struct Configuration {
        std::string path;
        std::optional<double> refused_s;
        std::vector<std::string> errors;
        std::vector<std::string> awaiting_restart;
        std::vector<std::string> warnings;
    } config;
    bool deliveries_stand_still = false; ///< as the watchdog sees it
    std::string no_socket;               ///< why [ingest] socket does not exist
    std::optional<double> memory_refused_s;
    std::optional<double> last_event_s; ///< nothing: there was none since the start
    std::optional<double> usual_gap_s;
    double longest_gap_s = 0;
};

struct Verdict {
    Severity level = Severity::ok;
    std::string summary; ///< "3 of 80 webhooks fail; the oldest delivery waits 54 s"
};

/// "54 s", "3 min 12 s", "2 h 5 min", "3 days".
std::string span_text(double seconds);

} // namespace agent
