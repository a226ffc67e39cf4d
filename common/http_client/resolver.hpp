// Resolver: turns names into addresses without blocking the loop. Each lookup has a short-lived
// thread of its own, so a name that hangs delays no other; numeric addresses are never looked up.
// Where many names hang, the others queue: a name that was found before goes before one that nobody
// has asked for yet, and that before one that was not found, and each of these groups has places
// that the next one cannot take.
// Loop thread; answers are cached in memory for a while, nothing survives a restart.
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
/// Blocking; called in a thread of its own. Returns the addresses in the order in which to try
/// them.
using NameLookup = std::function<Result<Addresses>(const std::string& name)>;

/// getaddrinfo(3). Errors: Fault::unreachable, "resolve: no such host name"; Fault::own where this
/// side has no memory or no descriptor for the lookup, or its name server does not answer: then
/// nothing is known about the name.
Result<Addresses> system_lookup(const std::string& name);

struct ResolverOptions {
    NameLookup lookup;   ///< empty: system_lookup
    Millis keep{30'000}; ///< how long to cache an answer, as getaddrinfo does not return the TTL
    Millis keep_failure{2'000};
    /// Each is a thread; further ones wait. Names that were not found may take half of these
    /// places, names that nobody has asked for yet three quarters.
    std::size_t lookups_under_way = 64;
};

class Resolver {
  public:
    Resolver(Executor executor, ResolverOptions options);
    /// Lookups under way finish on their own; their answers are dropped.
    ~Resolver();
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    /// Concurrent lookups of one name share a single query. Errors: that of the lookup; Fault::own
    /// if the deadline passes first, be it without an answer of the name server or in the queue.
    /// When the coroutine is cancelled it throws operation_aborted; the query goes on for the
    /// others.
    Task<Result<Addresses>> resolve(std::string name, Instant deadline);

    /// Also forgets every answer.
    void set_options(ResolverOptions options);
    /// Does what the destructor does, for an owner that goes while requests are still under way.
    void close();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace common
