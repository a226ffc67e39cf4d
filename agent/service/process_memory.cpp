#include "agent/service/process_memory.hpp"

#include <algorithm>
#include <malloc.h>

namespace agent {

std::size_t budget_bytes(const Config& config) {
    const auto bodies = std::max(std::uint64_t{40} << 20, 3 * config.ingest.max_body);
    return static_cast<std::size_t>(bodies) + reserve_bytes; // max_body is 256 MiB at most
}

// glibc keeps what is freed below something that is still in use, and from the first large block on
// it treats all blocks up to 32 MiB that way: after a burst the process would stay large. Large
// blocks get pages of their own, which go back at once, and the database's thread gets no heap of
// 64 MiB for itself.
void return_freed_memory() {
    ::mallopt(M_MMAP_THRESHOLD, 128 * 1024);
    ::mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
    ::mallopt(M_ARENA_MAX, 2);
}

} // namespace agent
