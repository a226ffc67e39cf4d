// Resolver: names to addresses, apart from the loop. Each lookup has a short-lived thread of its
// own, so a name that hangs delays no other; numeric addresses are never looked up. Loop thread;
// answers are kept for a while in memory, nothing survives a restart.
#pragma once

#include "common/async/task.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/net/address.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace common {

using Addresses = std::vector<AddressBytes>;
/// Blocking, called in a thread of its own. The addresses come in the order in which they are to be
/// tried.
using NameLookup = std::function<Result<Addresses>(const std::string& name)>;

/// getaddrinfo(3). Errors: Fault::unreachable, "resolve: no such host name".
Result<Addresses> system_lookup(const std::string& name);

struct ResolverOptions {
    NameLookup lookup;   ///< empty: system_lookup
    Millis keep{30'000}; ///< how long an answer is taken as true: getaddrinfo tells no TTL
    Millis keep_failure{2'000};
    std::size_t lookups_under_way = 32; ///< more than that are refused: each is a thread
};

class Resolver {
  public:
    Resolver(Executor executor, ResolverOptions options);
    /// Lookups under way are left to themselves; what they find goes nowhere.
    ~Resolver();
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    /// Lookups of one name at a time are one lookup. Errors: what the lookup says, too many
    /// lookups, or `deadline` has come (Fault::unreachable). Cancellation of the coroutine ends it
    /// with operation_aborted and leaves the lookup to the others.
    Task<Result<Addresses>> resolve(std::string name, Instant deadline);

    /// Forgets every answer.
    void renew(ResolverOptions options);
    /// As the destructor, for an owner that goes while requests are still under way.
    void close();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace common
