#include "agent/cli/check_targets.hpp"

#include "agent/cli/peer_judgement.hpp"
#include "agent/cli/webhook_judgement.hpp"
#include "agent/service/own_address.hpp"
#include "common/async/clock.hpp"
#include "common/net/host_port.hpp"

#include <algorithm>

namespace agent {

namespace {

using common::ProbeResult;
using common::Task;

/// Whatever [delivery] timeout allows: nobody waits longer for a connection.
constexpr common::Millis most_patience{30'000};
/// A connection, or up to eight of them to the addresses of one name.
constexpr std::uint64_t most_at_once = 64;

struct Target {
    common::ProbeTerms terms;
    std::vector<std::shared_ptr<const Webhook>> webhooks;
};

std::vector<Target> targets_of(const Snapshot& snapshot) {
    std::vector<Target> targets;
    for (const auto& webhook : snapshot.webhooks) {
        if (webhook->state != WebhookState::serving) {
            continue;
        }
        const auto timeout = std::min(webhook->settings.timeout, most_patience);
        auto same = std::ranges::find_if(targets, [&](const Target& target) {
            return target.terms.url.origin() == webhook->target.origin() &&
                   target.terms.tls == webhook->settings.tls;
        });
        if (same == targets.end()) {
            same = targets.emplace(same);
            same->terms = {webhook->target, webhook->settings.tls, timeout, true};
        }
        same->terms.timeout = std::max(same->terms.timeout, timeout);
        same->webhooks.push_back(webhook);
    }
    return targets;
}

Peer peer_of(const Target& target) {
    const auto names = show_webhooks(target.webhooks);
    const auto section = "[delivery] or [webhook " + target.webhooks.front()->name + "] ";
    return {"target " + target.terms.url.origin() + " (" + names + ")",
            target.terms.url,
            "the webhook's target",
            section + "ca_file",
            target.terms.tls.ca_file,
            section + "client_cert_file and client_key_file"};
}

Findings judge(const Target& target, const ProbeResult& result, const ClockReading& clock) {
    const auto peer = peer_of(target);
    if (result.failed != ProbeResult::Step::none) {
        return judge_failure(peer, result, clock);
    }
    Findings found{{Level::ok, peer.what + ": " + common::show_address(*result.address) +
                                   " takes connections, after " +
                                   std::to_string(result.connecting.count()) + " ms"}};
    if (result.certificate) {
        found.push_back(judge_days_left(peer, result.certificate->valid.until, clock.now));
    }
    return found;
}

class Round {
  public:
    Round(Report& report, const Config& config, std::vector<Target> targets)
        : report_{report}, bound_{bound_at(config)}, probe_{loop_.get_executor(),
                                                            {.denied = config.delivery.deny_targets,
                                                             .veto = own_address_veto(bound_)}},
          targets_{std::move(targets)}, results_(targets_.size()) {}

    void run(std::size_t at_once) {
        working_ = std::min(at_once, targets_.size());
        for (std::size_t i = working_; i > 0; --i) {
            common::asio::co_spawn(loop_, work(), [this](std::exception_ptr thrown) {
                if (thrown) {
                    std::rethrow_exception(thrown);
                }
                if (--working_ == 0) {
                    loop_.stop(); // not waiting for look-ups that nobody needs any more
                }
            });
        }
        if (working_ > 0) {
            loop_.run();
        }
    }

  private:
    static common::http_server::BoundAddress bound_at(const Config& config) {
        const auto at = common::parse_host_port(config.ingest.listen).value_or(common::HostPort{});
        return {at.host, at.port};
    }

    Task<> work() {
        while (next_ < targets_.size()) {
            const auto index = next_++;
            auto result = co_await probe_.run(targets_[index].terms);
            results_[index] = std::move(result);
            report_finished();
        }
    }

    /// In the order of the webhooks.
    void report_finished() {
        for (; reported_ < results_.size() && results_[reported_]; ++reported_) {
            const auto& target = targets_[reported_];
            const auto& result = *results_[reported_];
            if (result.failed == ProbeResult::Step::files) { // told of before
                report_.denied(peer_of(target).what + ": " + result.error.message, "see above",
                               exit_code::bad_config);
                continue;
            }
            report_.add(judge(target, result, {clock_.wall(), clock_.synchronized()}));
        }
    }

    Report& report_;
    common::asio::io_context loop_{1};
    common::SystemClock clock_{loop_.get_executor()};
    common::http_server::BoundAddress bound_;
    common::Probe probe_;
    std::vector<Target> targets_;
    std::vector<std::optional<ProbeResult>> results_;
    std::size_t next_ = 0, reported_ = 0, working_ = 0;
};

} // namespace

void check_targets(Report& report, const Config& config, const Snapshot& snapshot) {
    Round{report, config, targets_of(snapshot)}.run(static_cast<std::size_t>(
        std::clamp<std::uint64_t>(config.delivery.connections, 1, most_at_once)));
}

} // namespace agent
