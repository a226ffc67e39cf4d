// What a probe of a server or a target means: which step failed, why, and the way out. Pure.
#pragma once

#include "agent/cli/clock_judgement.hpp"
#include "agent/cli/finding.hpp"
#include "common/http_client/probe.hpp"

#include <optional>
#include <string>

namespace agent {

/// A peer, and the settings through which it can be reached.
struct Peer {
    std::string what;           ///< begins each line: "target https://10.0.0.7 (5 door)"
    common::Url url;            ///< user, password and query are not shown
    std::string url_setting;    ///< where its URL stands: "[server] url"
    std::string ca_setting;     ///< where its authority is named: "[delivery] ca_file"
    std::string ca_file;        ///< the value of that
    std::string client_setting; ///< for a client certificate; empty where there can be none
};

/// Whole days until then, rounded down.
std::int64_t days_until(common::WallTime then, common::WallTime now);

/// A certificate that is trusted: warns in the last 30 days of its time.
Finding judge_days_left(const Peer& peer, common::WallTime valid_until, common::WallTime now);

/// Each fault of the certificate apart; empty if there is none.
Findings judge_certificate(const Peer& peer, const common::PeerCertificate& certificate,
                           const ClockReading& clock);

/// Why the probe failed: one finding or more; none if it did not.
Findings judge_failure(const Peer& peer, const common::ProbeResult& result,
                       const ClockReading& clock);

/// "10.0.0.7, 2001:db8::1".
std::string show_addresses(const common::Addresses& addresses);

} // namespace agent
