// Producers: keep-alive connections that post events, one thread each.
#pragma once

#include "test/bench/ledger.hpp"

#include <cstddef>
#include <cstdint>

namespace bench {

struct Posting {
    std::uint16_t agent_port = 0;
    unsigned producers = 16;
    double seconds = 5;       ///< how long; with `events` at most so long
    std::uint64_t events = 0; ///< how many; 0: as many as there is time for
    double rate = 0;          ///< events a second, all together; 0: as fast as answers come
    std::size_t size = 1200;  ///< bytes of an event
    unsigned batch = 1;       ///< events a request; more than one: NDJSON
    unsigned camera = 1;
};

struct Posted {
    std::size_t first = 0, last = 0;         ///< the numbers that were used: [first, last)
    std::uint64_t accepted = 0, refused = 0; ///< refused: any answer but 202, or none
    std::int64_t quickest_ns = 0;            ///< the shortest time until a 202; 0: there was none
    double seconds = 0;                      ///< until the last answer
};

/// Blocks until all is posted and answered. Throws std::runtime_error when nobody listens.
Posted post(const Posting& posting, Ledger& ledger);

} // namespace bench
