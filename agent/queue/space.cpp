// The committer's part about room: when the queue is full, and what makes it less so.
#include "agent/queue/committer.hpp"

#include "common/base/log.hpp"

#include <algorithm>

namespace agent {

namespace {

using common::Fault;
using common::Millis;
using common::Result;
using common::Task;

// What is committed stands in the WAL first and then in the database as well, with the pages of the
// indexes that every commit touches.
constexpr std::uint64_t files_a_row = 2;
constexpr std::int64_t commit_bytes = 64 * 1024;
constexpr Millis give_back_interval{1'000};
constexpr Millis episode{60'000}; // what comes again within it is the same story and not told twice
constexpr std::uint64_t worthwhile_wal = 64 * 1024; // bytes
constexpr std::uint64_t pages_a_step = 2'048;       // given back at once while producers wait
constexpr std::int64_t most_at_once =
    std::int64_t{8}
    << 20; // bytes dropped beyond what is needed: a lowered bound is reached by and by

/// Of rows that take so many bytes, until they are checkpointed.
std::int64_t cost(std::uint64_t bytes) {
    return bytes == 0 ? 0 : static_cast<std::int64_t>(bytes * files_a_row) + commit_bytes;
}

} // namespace

std::int64_t Committer::size_room() const {
    const auto& sizes = counts_.sizes;
    return static_cast<std::int64_t>(config_.queue.max_size) -
           static_cast<std::int64_t>(sizes.used + sizes.wal);
}

std::int64_t Committer::disk_room() const {
    constexpr auto most = static_cast<std::uint64_t>(INT64_MAX) / 2;
    const auto kept = std::min(config_.queue.min_free, most) + std::min(counts_.sizes.growth, most);
    return static_cast<std::int64_t>(std::min(database_.disk_free(), most)) -
           static_cast<std::int64_t>(kept);
}

/// Whether all of the group has room. With `may_drop` the commit makes what is lacking.
bool Committer::admit_group(Group& group, bool may_drop) {
    admission_.begin(clock_.now(), time_.now());
    const auto there_is = std::min(size_room(), disk_room());
    const auto most = may_drop ? static_cast<std::int64_t>(config_.queue.max_size) : there_is;
    const auto limit =
        static_cast<std::uint64_t>(std::max<std::int64_t>(most - commit_bytes, 0)) / files_a_row;
    auto left = limit;
    bool all = true;
    group.answers.clear();
    for (std::size_t i = 0; i < group.adds.size(); ++i) {
        const auto& add = *group.adds[i];
        const auto& on_disk = group.on_disk.empty() ? std::vector<bool>{} : group.on_disk[i];
        group.answers.push_back(admission_.admit(add.events, add.keys, on_disk, left));
        if (!group.answers.back()) {
            all = false;
            refused_bytes_ = row_bytes(add.bytes, add.events.size());
        }
    }
    const auto needed = cost(limit - left);
    if (may_drop && needed > there_is) {
        // Whatever else fills the disk, what is dropped makes room for what comes and for no more.
        const auto lacking =
            std::max(needed - size_room(),
                     disk_room() < needed ? static_cast<std::int64_t>(limit - left) : 0);
        group.commit->make_room =
            static_cast<std::uint64_t>(std::min(lacking, needed + most_at_once));
    }
    if (all && needed > 0) {
        refused_bytes_ = 0;
        tell_full(false);
    }
    return all;
}

/// Gives back what is held without need, then judges again; in `drop_oldest` with the right to
/// drop.
Task<Result<void>> Committer::find_room(Group& group) {
    const auto& sizes = counts_.sizes;
    const bool disk_short = disk_room() < size_room();
    const bool worthwhile =
        sizes.wal >= worthwhile_wal || (disk_short && sizes.spare + sizes.wal > 0);
    if (worthwhile && (!gave_back_at_ || clock_.now() - *gave_back_at_ >= give_back_interval)) {
        gave_back_at_ = clock_.now();
        auto give = [pages = disk_short ? pages_a_step : 0](common::Connection& connection,
                                                            QueueTables& tables) {
            empty_wal(connection);
            if (pages > 0) {
                shrink(connection, pages);
                empty_wal(connection);
            }
            CommitResult written;
            tables.measure(connection, written);
            return written;
        };
        auto job = database_.run(std::move(give));
        const auto given = co_await std::move(job);
        if (!given && database_.broken()) {
            co_return common::fail(given.error());
        }
        if (given) {
            counts_.apply(*given);
        }
    }
    if (!admit_group(group, config_.queue.when_full == WhenFull::drop_oldest)) {
        tell_full(true);
    }
    co_return Result<void>{};
}

void Committer::no_room(Group& group) {
    admission_.undo();
    outcomes_.put_back();
    if (outcomes_.waiting() && !waiting_since_) {
        waiting_since_ = clock_.now();
    }
    tell_full(true);
    for (std::size_t i = 0; i < group.adds.size(); ++i) {
        refused_bytes_ = row_bytes(group.adds[i]->bytes, group.adds[i]->events.size());
        group.answers[i] =
            common::fail(Fault::full, "no room for " + std::to_string(refused_bytes_) +
                                          " bytes more, and nothing to drop");
    }
    answer(group);
}

bool Committer::full() const {
    return refused_bytes_ > 0 && std::min(size_room(), disk_room()) < cost(refused_bytes_);
}

void Committer::tell_full(bool full) {
    if (full && !full_told_ && (!full_told_at_ || clock_.now() - *full_told_at_ >= episode)) {
        common::log::warn("the queue is full: new events are refused until deliveries make room",
                          {{"bytes", counts_.sizes.files()},
                           {"max_size", config_.queue.max_size},
                           {"disk_free", database_.disk_free()},
                           {"min_free", config_.queue.min_free}});
        full_told_ = true;
        full_told_at_ = clock_.now();
    }
    if (!full && full_told_) {
        common::log::info("the queue takes events again");
        full_told_ = false;
    }
}

void Committer::tell_dropped(const CommitResult& written) {
    if (written.dropped.empty()) {
        return;
    }
    if (!dropped_at_ || clock_.now() - *dropped_at_ >= episode) {
        common::log::warn(
            "the queue is full: the oldest deliveries are dropped for new ones",
            {{"dropped", written.dropped.size()}, {"max_size", config_.queue.max_size}});
    }
    dropped_at_ = clock_.now();
    Selection gone;
    gone.ids = written.dropped;
    listeners_.rows_changed(gone);
}

} // namespace agent
