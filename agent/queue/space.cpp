#include "agent/queue/space.hpp"

namespace agent {

namespace {

// Rows are first written to the WAL and then to the database file as well, along with the pages of
// the indexes that every commit changes.
constexpr std::uint64_t copies_of_a_row = 2;
constexpr std::int64_t commit_overhead = 64 * 1024;
constexpr std::uint64_t large_wal = 64 * 1024;
// Dropped at once beyond what is needed, so that a lowered max_size is reached step by step.
constexpr std::int64_t max_extra_drop = std::int64_t{8} << 20;

} // namespace

std::int64_t Space::size_room() const {
    return static_cast<std::int64_t>(max_size) - static_cast<std::int64_t>(sizes.used + sizes.wal);
}

std::int64_t Space::disk_room() const {
    constexpr auto limit = static_cast<std::uint64_t>(INT64_MAX) / 2; // so that nothing overflows
    const auto reserved = std::min(min_free, limit) + std::min(sizes.growth, limit);
    return static_cast<std::int64_t>(std::min(disk_free, limit)) -
           static_cast<std::int64_t>(reserved);
}

std::int64_t Space::cost(std::uint64_t row_bytes) {
    return row_bytes == 0
               ? 0
               : static_cast<std::int64_t>(row_bytes * copies_of_a_row) + commit_overhead;
}

std::uint64_t Space::rows_within(std::int64_t room) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(room - commit_overhead, 0)) /
           copies_of_a_row;
}

std::uint64_t Space::to_drop(std::uint64_t row_bytes) const {
    const auto needed = cost(row_bytes);
    if (needed <= room()) {
        return 0;
    }
    // Other programs may have filled the disk: then deliveries are dropped to make room for the new
    // rows, and not to reach min_free.
    const auto for_disk = disk_room() < needed ? static_cast<std::int64_t>(row_bytes) : 0;
    const auto lacking = std::max(needed - size_room(), for_disk);
    return static_cast<std::uint64_t>(std::min(lacking, needed + max_extra_drop));
}

bool Space::worth_shrinking() const {
    return sizes.wal >= large_wal || (disk_is_tighter() && sizes.spare + sizes.wal > 0);
}

} // namespace agent
