// Tells a shortage of this side (descriptors, memory, local ports, threads) from a failure of the
// peer or of the network. Any thread. Internal to PooledClient.
#pragma once

#include "common/base/result.hpp"

#include <boost/system/error_code.hpp>

namespace common {

/// Whether that errno means a shortage of this process or this system, whoever the peer is.
bool is_shortage(int why);

/// Whether no further file can be opened now. Name look-ups hide that behind "no such name" and
/// "the name server does not answer". Two system calls.
bool out_of_descriptors();

/// Fault::own for a shortage of this side, otherwise Fault::unreachable.
Fault fault_of(boost::system::error_code why);

} // namespace common
