// Space: how much the queue may still store, by [queue] max_size and min_free. Pure arithmetic over
// sizes and limits, all in bytes.
#pragma once

#include "agent/store/wal.hpp"

#include <algorithm>
#include <cstdint>

namespace agent {

struct Space {
    Sizes sizes;
    std::uint64_t max_size = 0;  ///< limit of the database with its WAL
    std::uint64_t min_free = 0;  ///< to be left free on the disk
    std::uint64_t disk_free = 0; ///< free on the disk now

    /// What is left below max_size, and above min_free. Negative: the limit is exceeded.
    [[nodiscard]] std::int64_t size_room() const;
    [[nodiscard]] std::int64_t disk_room() const;
    [[nodiscard]] std::int64_t room() const { return std::min(size_room(), disk_room()); }

    /// What a commit of rows of that many bytes takes up until it is checkpointed.
    static std::int64_t cost(std::uint64_t row_bytes);
    /// The reverse: the rows that a commit can write into `room`.
    static std::uint64_t rows_within(std::int64_t room);

    [[nodiscard]] bool fits(std::uint64_t row_bytes) const { return cost(row_bytes) <= room(); }
    /// How many bytes of the oldest deliveries must be deleted before such rows can be written.
    [[nodiscard]] std::uint64_t to_drop(std::uint64_t row_bytes) const;
    /// Whether emptying the WAL or returning spare pages would make noticeable room.
    [[nodiscard]] bool worth_shrinking() const;
    /// Whether the disk is the tighter limit, so that spare pages within the file do not help.
    [[nodiscard]] bool disk_is_tighter() const { return disk_room() < size_room(); }
};

} // namespace agent
