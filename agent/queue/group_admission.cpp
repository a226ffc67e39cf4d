#include "agent/queue/group_admission.hpp"

#include "agent/events/event.hpp"
#include "agent/store/dead_room.hpp"
#include "agent/store/reading.hpp"

#include <algorithm>

namespace agent {

namespace {

using common::Result;
using common::Task;

constexpr common::Millis shrink_interval{1'000};
constexpr std::size_t asked_at_once = 1'000; // events: a copy of them goes to the database's thread
constexpr std::uint64_t pages_at_once = 2'048; // returned to the file system while producers wait

} // namespace

Request::Request(common::Executor loop, EventBatch events, common::Instant now)
    : batch{std::move(events)}, since{now}, answer{std::move(loop)} {}

GroupAdmission::GroupAdmission(const QueueParts& parts)
    : clock_{parts.clock}, config_{parts.config}, time_{parts.time}, counts_{parts.counts},
      database_{parts.database}, events_{parts.events}, admission_{parts.counts.stats,
                                                                   parts.events} {}

void GroupAdmission::load(const LoadedQueue& loaded) {
    admission_.load(loaded.cooldowns, loaded.next_event);
    loaded_at_ = time_.now();
}

Space GroupAdmission::space() const {
    return {counts_.sizes, config_.queue.max_size, config_.queue.min_free, database_.disk_free()};
}

Task<Result<void>> GroupAdmission::admit(const Requests& group) {
    if (auto found = co_await find_duplicates(group); !found) {
        co_return found;
    }
    if (!admit_within(group, Space::rows_within(space().room()))) {
        co_return co_await find_room(group);
    }
    co_return Result<void>{};
}

/// Events may be pending that memory does not remember: from before the start, or older than what
/// it remembers. Only then the disk is asked, because that costs a query per event.
Task<Result<void>> GroupAdmission::find_duplicates(const Requests& group) {
    const auto remembered_since =
        std::max(loaded_at_, time_.now() - Admission::duplicate_window.count() + 1'000);
    if (!counts_.oldest || *counts_.oldest > remembered_since) {
        co_return Result<void>{};
    }
    for (const auto& request : group) {
        auto found = co_await find_in_batch(request->batch);
        if (!found) {
            co_return found;
        }
    }
    co_return Result<void>{};
}

Task<Result<void>> GroupAdmission::find_in_batch(EventBatch& batch) {
    const auto matched = batch.events.size();
    const auto all = matched + batch.unmatched.with_id.size();
    std::vector<std::pair<std::string, std::shared_ptr<const std::string>>> events;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < all; ++i) {
        if (i < matched) {
            const auto& event = batch.events[i];
            if (event.id_given && !admission_.is_recent(batch.keys[i])) {
                events.emplace_back(event.event_id, event.bytes);
                places.push_back(i);
            }
        } else if (const auto& place = batch.unmatched.with_id[i - matched];
                   !admission_.is_recent(place.key)) {
            auto bytes = std::make_shared<const std::string>(batch.unmatched.text(place));
            const auto event = read_event(*bytes); // was read before, and has an id
            events.emplace_back(event && event->id ? *event->id : "", std::move(bytes));
            places.push_back(i);
        }
        if (events.empty() || (events.size() < asked_at_once && i + 1 < all)) {
            continue;
        }
        auto read = [events = std::exchange(events, {})](common::Connection& connection,
                                                         OldestPending&) {
            return are_pending(connection, events);
        };
        const auto pending = co_await database_.run(std::move(read));
        if (!pending) {
            co_return common::fail(pending.error());
        }
        for (std::size_t asked = 0; asked < places.size(); ++asked) {
            if (places[asked] < matched) {
                batch.pending_on_disk[places[asked]] = (*pending)[asked];
            } else if ((*pending)[asked]) {
                batch.unmatched_pending.resize(batch.unmatched.with_id.size(), false);
                batch.unmatched_pending[places[asked] - matched] = true;
            }
        }
        places.clear();
    }
    co_return Result<void>{};
}

/// Admits each request whose rows fit into what the others leave of `limit` bytes. Returns whether
/// all did.
bool GroupAdmission::admit_within(const Requests& group, std::uint64_t limit) {
    admission_.begin(clock_.now(), time_.now());
    make_room_ = 0;
    auto left = limit;
    bool all = true;
    for (const auto& request : group) {
        request->result = admission_.admit(request->batch, left);
        if (!request->result) {
            all = false;
            refused_bytes_ = request->batch.row_bytes();
        }
    }
    if (all && left < limit) {
        refused_bytes_ = 0;
        log_.accepted();
    }
    return all;
}

/// As if the queue were empty; the commit will drop as many old deliveries as necessary.
bool GroupAdmission::admit_dropping(const Requests& group) {
    const auto limit = Space::rows_within(static_cast<std::int64_t>(config_.queue.max_size));
    const bool all = admit_within(group, limit);
    make_room_ = space().to_drop(admission_.bytes());
    return all;
}

/// Shrinks the files where that helps, then admits again; with `drop_oldest`, by dropping.
Task<Result<void>> GroupAdmission::find_room(const Requests& group) {
    if (space().worth_shrinking() &&
        (!shrunk_at_ || clock_.now() - *shrunk_at_ >= shrink_interval)) {
        shrunk_at_ = clock_.now();
        if (auto shrunk = co_await shrink_files(); !shrunk && database_.broken()) {
            co_return shrunk;
        }
    }
    // What rows take on disk is an estimate: the first round may fall short.
    for (int round = 0; round < 3 && counts_.all.dead > 0; ++round) {
        const auto dropped = co_await drop_dead_letters(group);
        if (!dropped) {
            co_return common::fail(dropped.error());
        }
        if (*dropped == 0) {
            break;
        }
    }
    const bool all = config_.queue.when_full == WhenFull::drop_oldest
                         ? admit_dropping(group)
                         : admit_within(group, Space::rows_within(space().room()));
    if (!all) {
        log_.refused(space(), clock_.now());
    }
    co_return Result<void>{};
}

/// Dead letters never take room from what can still be delivered. As many of the oldest go as make
/// the group fit; for what would not fit even without all of them, none.
/// Returns how many went.
Task<Result<std::size_t>> GroupAdmission::drop_dead_letters(const Requests& group) {
    std::uint64_t wanted = 0;
    for (const auto& request : group) {
        wanted += request->batch.row_bytes();
    }
    const auto enough =
        static_cast<std::uint64_t>(std::max<std::int64_t>(Space::cost(wanted) - space().room(), 0));
    auto look = [enough](common::Connection& connection, OldestPending&) {
        return dead_bytes(connection, enough);
    };
    const auto gain = co_await database_.run(std::move(look));
    if (!gain) {
        co_return common::fail(gain.error());
    }
    const auto without_dead = space().room() + static_cast<std::int64_t>(*gain);
    const auto limit = config_.queue.when_full == WhenFull::drop_oldest
                           ? static_cast<std::int64_t>(config_.queue.max_size)
                           : without_dead;
    (void)admit_within(group, Space::rows_within(limit));
    const auto admitted = admission_.bytes();
    const auto lacking =
        std::min(Space::cost(admitted) - space().room(), static_cast<std::int64_t>(*gain));
    std::size_t dropped = 0;
    for (auto left = admitted == 0 ? 0 : lacking; left > 0;) {
        auto drop = [left](common::Connection& connection, OldestPending& oldest) {
            return drop_dead(connection, oldest, static_cast<std::uint64_t>(left));
        };
        const auto step =
            co_await database_.run(std::move(drop), QueueDatabase::OnFullDisk::make_way);
        if (!step) {
            co_return common::fail(step.error());
        }
        counts_.apply(step->written);
        events_.end(step->rows, ListedDelivery::State::dropped,
                    ListedDelivery::Cause::dead_forgotten);
        dropped += step->rows.size();
        counts_.stats.dropped.dead_forgotten += step->rows.size();
        left = step->done ? 0 : left - step->last;
    }
    if (dropped > 0) {
        log_.dropped_dead(dropped, clock_.now());
        if (const auto shrunk = co_await shrink_files(); !shrunk && database_.broken()) {
            co_return common::fail(shrunk.error());
        }
    }
    co_return dropped;
}

Task<Result<void>> GroupAdmission::shrink_files() {
    auto shrink_all = [pages = space().disk_is_tighter() ? pages_at_once : 0](
                          common::Connection& connection, OldestPending& oldest) {
        empty_wal(connection);
        if (pages > 0) {
            shrink(connection, pages);
            empty_wal(connection);
        }
        return measure(connection, oldest);
    };
    const auto measured = co_await database_.run(std::move(shrink_all));
    if (!measured) {
        co_return common::fail(measured.error());
    }
    counts_.apply(*measured);
    co_return Result<void>{};
}

void GroupAdmission::fill(Commit& commit) {
    commit.events = admission_.take_rows();
    commit.cooldowns = admission_.cooldowns();
    commit.make_room = make_room_;
}

void GroupAdmission::note_dropped(std::size_t deliveries) {
    log_.dropped(deliveries, config_.queue.max_size, clock_.now());
}

void GroupAdmission::refuse_all(const Requests& group) {
    for (const auto& request : group) {
        refused_bytes_ = request->batch.row_bytes();
        auto error = no_room_error(refused_bytes_);
        error.message += ", and there is nothing left to drop";
        request->result = common::fail(std::move(error));
    }
    log_.refused(space(), clock_.now());
}

} // namespace agent
