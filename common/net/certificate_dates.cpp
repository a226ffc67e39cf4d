#include "common/net/certificate_dates.hpp"

#include <algorithm>
#include <openssl/x509.h>

namespace common {

namespace {

WallTime time_of(const ASN1_TIME* time, WallTime unreadable) {
    std::tm parts{};
    return ::ASN1_TIME_to_tm(time, &parts) == 1 ? wall_time(seconds_of(parts)) : unreadable;
}

} // namespace

ValidTime valid_time(const X509* certificate) {
    const ValidTime unreadable;
    return {time_of(::X509_get0_notBefore(certificate), unreadable.from),
            time_of(::X509_get0_notAfter(certificate), unreadable.until)};
}

ValidTime valid_time(const STACK_OF(X509) * chain) {
    ValidTime all;
    for (int i = 0; i < sk_X509_num(chain); ++i) {
        all = overlap(all, valid_time(sk_X509_value(chain, i)));
    }
    return all;
}

ValidTime overlap(const ValidTime& one, const ValidTime& other) {
    return {std::max(one.from, other.from), std::min(one.until, other.until)};
}

} // namespace common
