#include "agent/cli/peer_judgement.hpp"

#include "agent/webhooks/webhook.hpp"
#include "common/text/invalid.hpp"

#include <algorithm>

namespace agent {

namespace {

using common::CertificateFault;

std::string date_of(common::WallTime time) {
    return common::rfc3339(time).substr(0, std::string_view{"2026-11-28"}.size());
}

std::string days(std::int64_t count) {
    return std::to_string(count) + (count == 1 ? " day" : " days");
}

Finding failure(const Peer& peer, const std::string& why, std::string fix) {
    return {Level::fail, peer.what + ": " + why, std::move(fix)};
}

std::string trust_advice(const Peer& peer, const common::PeerCertificate& certificate) {
    const std::string whose = certificate.self_signed
                                  ? "the certificate itself"
                                  : "the certificate of \"" + certificate.issuer + "\"";
    if (peer.ca_file.empty()) {
        return "if the peer is the right one, save " + whose +
               " as a PEM file and name it: " + peer.ca_setting + " = FILE";
    }
    return peer.ca_setting + " = " + peer.ca_file + " does not contain its authority: add " +
           whose + " to that file, if the peer is the right one";
}

Finding judge_fault(const Peer& peer, const common::PeerCertificate& certificate,
                    CertificateFault fault, const ClockReading& clock) {
    const auto correct_clock = [&](const std::string& otherwise) {
        const auto says = clock_says(clock);
        return clock.synchronised ? otherwise + " (" + says + ")"
                                  : says + ": correct that first (timedatectl); then " + otherwise;
    };
    switch (fault) {
    case CertificateFault::expired:
        return failure(peer,
                       "the certificate expired on " + date_of(certificate.valid.until) + ", " +
                           days(days_until(clock.now, certificate.valid.until)) + " ago",
                       correct_clock("renew the certificate on " + peer.url.host));
    case CertificateFault::early:
        return failure(
            peer, "the certificate is not valid before " + common::rfc3339(certificate.valid.from),
            correct_clock("look at the clock of " + peer.url.host + ", on which it was made"));
    case CertificateFault::other_name:
        return failure(peer,
                       "the certificate is for " + common::joined(certificate.names, ", ") +
                           ", not for " + peer.url.host,
                       "write one of these names in " + peer.url_setting + ", or give " +
                           peer.url.host + " a certificate with its name");
    case CertificateFault::untrusted:
        return failure(peer,
                       certificate.self_signed
                           ? "the certificate is signed by itself, and not trusted here"
                           : "the certificate is signed by \"" + certificate.issuer +
                                 "\", which is not trusted here",
                       trust_advice(peer, certificate));
    case CertificateFault::other:
        break;
    }
    return failure(peer, "the certificate is refused: " + certificate.other,
                   "give " + peer.url.host + " another certificate");
}

std::string connect_advice(const Peer& peer, const common::ProbeResult& result) {
    const auto port = std::to_string(peer.url.port);
    if (result.error.fault == common::Fault::own) {
        return "this device has run out of descriptors, memory or ports: look at what uses them";
    }
    return result.timed_out
               ? "is it switched on, and connected? look for a firewall or a wrong route (ping " +
                     peer.url.host + ")"
               : "see that the service runs there and listens on port " + port + ", that " +
                     peer.url_setting +
                     " names the right port, and that this device "
                     "has a route (ip route)";
}

} // namespace

std::int64_t days_until(common::WallTime then, common::WallTime now) {
    return std::chrono::floor<std::chrono::days>(then - now).count();
}

Finding judge_days_left(const Peer& peer, common::WallTime valid_until, common::WallTime now) {
    const auto left = days_until(valid_until, now);
    const auto what = peer.what + ": the certificate is valid for " +
                      (left > 0 ? days(left) + " more" : "less than a day") + ", until " +
                      date_of(valid_until);
    if (left < common::renewal_time.count()) {
        return {Level::warn, what, "renew the certificate on " + peer.url.host};
    }
    return {Level::ok, what};
}

Findings judge_certificate(const Peer& peer, const common::PeerCertificate& certificate,
                           const ClockReading& clock) {
    Findings found;
    for (const auto fault : certificate.faults) {
        found.push_back(judge_fault(peer, certificate, fault, clock));
    }
    return found;
}

Findings judge_failure(const Peer& peer, const common::ProbeResult& result,
                       const ClockReading& clock) {
    const auto& why = result.error.message;
    switch (result.failed) {
    case common::ProbeResult::Step::none:
        return {};
    case common::ProbeResult::Step::files:
        return {failure(peer, why, "use PEM files that exist and belong together")};
    case common::ProbeResult::Step::resolve:
        return {failure(peer, why,
                        result.error.fault == common::Fault::own
                            ? "the name server gives no answer: look at the network and at "
                              "/etc/resolv.conf (resolvectl status)"
                            : "correct the name " + peer.url.host + " in " + peer.url_setting +
                                  ", or enter it in DNS or /etc/hosts")};
    case common::ProbeResult::Step::forbidden:
        return {failure(peer, why + " (" + show_addresses(result.addresses) + ")",
                        "change " + peer.url_setting +
                            (why == targets_agent_itself
                                 ? ""
                                 : ", or take that address out of [delivery] deny_targets"))};
    case common::ProbeResult::Step::connect:
        return {failure(peer, why, connect_advice(peer, result))};
    case common::ProbeResult::Step::tls:
        break;
    }
    if (result.certificate) {
        if (auto faults = judge_certificate(peer, *result.certificate, clock); !faults.empty()) {
            return faults;
        }
    }
    const bool wants_ours = result.certificate && result.certificate->asks_for_one;
    return {failure(peer, why,
                    wants_ours && !peer.client_setting.empty()
                        ? "it asks for a client certificate: name one in " + peer.client_setting
                    : result.timed_out
                        ? "it takes connections and does not speak TLS on port " +
                              std::to_string(peer.url.port) + ": is that the right port?"
                        : "see that " + peer.url_setting +
                              " has the right scheme and port, and "
                              "what the log of the service there says")};
}

std::string show_addresses(const common::Addresses& addresses) {
    std::vector<std::string> shown;
    for (const auto& address : addresses) {
        if (const auto text = common::show_address(address);
            std::ranges::find(shown, text) == shown.end()) {
            shown.push_back(text);
        }
    }
    return common::joined(shown, ", ");
}

} // namespace agent
