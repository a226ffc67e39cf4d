// From when until when certificates are valid. Values; any thread.
#pragma once

#include "common/base/time.hpp"

#include <chrono>
#include <map>
#include <string>

struct x509_st;
struct stack_st_X509;

namespace common {

/// A certificate that ends within this time is to be renewed.
constexpr std::chrono::days renewal_time{30};

/// A date that cannot be read is no limit.
struct ValidTime {
    WallTime from{};
    WallTime until = WallTime::max();
    bool operator==(const ValidTime&) const = default;
};

ValidTime valid_time(const x509_st* certificate);
/// When all of a chain are valid.
ValidTime valid_time(const stack_st_X509* chain);
/// When both are.
ValidTime overlap(const ValidTime& one, const ValidTime& other);

/// When the first certificate of each peer's chain ends, by "host:port".
using CertificateEnds = std::map<std::string, WallTime>;

} // namespace common
