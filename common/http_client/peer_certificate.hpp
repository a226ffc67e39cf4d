// PeerCertificate: what a peer's certificate says, and everything that is wrong with it at once,
// whether the handshake succeeded or not. For a diagnosis: a request stops at the first fault.
#pragma once

#include "common/net/certificate_dates.hpp"

#include <boost/asio/ssl/context.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

struct ssl_st;

namespace common {

enum class CertificateFault {
    early,      ///< not valid yet
    expired,    ///< no longer valid
    other_name, ///< made for another name or address
    untrusted,  ///< not signed by anybody who is trusted here
    other,
};

struct PeerCertificate {
    ValidTime valid;                ///< of the peer's chain as a whole
    std::vector<std::string> names; ///< names and addresses that it is made for; the first few
    std::string issuer;             ///< a name of who signed it
    bool self_signed = false;
    std::set<CertificateFault> faults;
    std::string other;         ///< OpenSSL's words for CertificateFault::other
    bool asks_for_one = false; ///< the peer asks for a client certificate, and there is none
};

/// From now on the handshakes of this context judge every rule instead of stopping at the first
/// that is broken, and fail as before. Any number of times.
void note_certificates(boost::asio::ssl::context& context);

/// Of a handshake in such a context; nothing if the peer has shown no certificate.
std::optional<PeerCertificate> peer_certificate(const ssl_st* session);

} // namespace common
