// The webhook-signature of Standard Webhooks 1.0: made for targets, and judged for those who try
// out a receiver. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace agent {

/// What is signed: the headers webhook-id and webhook-timestamp (in decimal), and the body.
struct SignedParts {
    std::string_view id, timestamp, body;
};

/// One signature for each of `keys` (raw bytes), in their order, with a space between them.
std::string sign(const std::vector<std::string>& keys, const SignedParts& parts);

enum class SignatureVerdict {
    good,
    missing,  ///< no signature at all
    wrong,    ///< none of the signatures was made with one of the keys
    outdated, ///< right, but its timestamp is more than five minutes away from `now_s`
};
/// `signature`: the header as it came. `now_s`: wall time in seconds since 1970.
SignatureVerdict judge_signature(const std::vector<std::string>& keys, const SignedParts& parts,
                                 std::string_view signature, std::int64_t now_s);

} // namespace agent
