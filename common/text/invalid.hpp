// The one form of a message about bad input: what it is, what was found, what is expected. The
// caller who knows the place ("agent.ini:12: ", "webhook 3: ") puts that in front. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace common {

/// "[queue] sync = maybe: expected one of: full, normal". `found` is shown as it is: the caller
/// escapes and cuts what comes from outside, and never passes a secret.
std::string invalid(std::string_view what, std::string_view found, std::string_view expected);

/// Several faults as one message.
std::string joined(const std::vector<std::string>& parts, std::string_view separator = "; ");

/// "one of: full, normal".
std::string one_of(const std::vector<std::string>& names);

/// `unknown key "synk": did you mean "sync"? expected one of: path, sync`. The suggestion is
/// nearest(), if there is one.
std::string unknown(std::string_view kind, std::string_view found,
                    const std::vector<std::string>& known);

/// The name of `known` that `typed` is most likely a misspelling of; empty when none is near.
std::string nearest(std::string_view typed, const std::vector<std::string>& known);

} // namespace common
