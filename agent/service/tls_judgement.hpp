// The one judgement of the TLS files that the configuration names, for `check`, the start and
// SIGHUP alike: what one of them refuses, none accepts. Blocking; any thread.
#pragma once

#include "agent/api/status_sources.hpp"
#include "agent/config/config.hpp"
#include "common/net/http.hpp"

#include <string>
#include <vector>

namespace agent {

struct TlsUse {
    std::string what; ///< "[delivery] TLS files"
    common::TlsFiles files;
};

/// Every set of files that the configuration names.
std::vector<TlsUse> tls_uses(const Config& config);

/// "[delivery] TLS files: TLS: /etc/ca.pem: expected ..." for each set that cannot be used now.
std::vector<std::string> tls_errors(const Config& config);

/// The certificates with which this device shows itself, as far as they can be read.
std::vector<OutsideFacts::OwnCertificate> own_certificates(const Config& config);

} // namespace agent
