#include "agent/queue/committer.hpp"

#include "common/base/log.hpp"

#include <algorithm>
#include <boost/system/system_error.hpp>

namespace agent {

namespace {

using common::Fault;
using common::Millis;
using common::Result;
using common::Task;
using Phase = CommitState::Phase;

constexpr Millis anchor_interval{10'000};
constexpr std::size_t told_at_once = 1'000; // deliveries: lanes keep only a few of very many
constexpr std::uint64_t tight_disk = std::uint64_t{16} << 20; // two groups with their WAL
constexpr std::size_t group_bytes = std::size_t{8} << 20;     // more waits for the next transaction

} // namespace

Committer::Committer(const QueueParts& parts)
    : loop_{parts.loop}, clock_{parts.clock}, config_{parts.config}, time_{parts.time},
      counts_{parts.counts}, database_{parts.database}, listeners_{parts.listeners},
      events_{parts.events}, admission_{parts}, wake_{parts.loop, parts.clock} {
    database_.on_broken([this] { wake_.notify(); });
}

void Committer::load(const LoadedQueue& loaded) {
    if (!time_.started()) {
        time_.start(loaded.anchor, loaded.newest_accepted_at);
    }
    counts_.load(loaded);
    admission_.load(loaded);
}

UnwrittenOutcomes::Now Committer::now() const {
    return {clock_.now(), time_.now()};
}

CommitPlan Committer::plan() const {
    CommitState state;
    state.phase = phase_;
    state.now = clock_.now();
    if (!waiting_.empty()) {
        state.requests_since = waiting_.front()->since;
    }
    state.group_is_full = waiting_bytes_ > group_bytes;
    state.outcomes_since = outcomes_.waiting_since();
    state.outcomes_are_many = outcomes_.many_wait();
    state.flush_wanted = !flushes_.empty();
    state.degraded = database_.degraded();
    state.retry_at = database_.retry_at();
    state.commit_window = config_.queue.commit_window;
    state.last = last_;
    return plan_commit(state);
}

Task<Result<Accepted>> Committer::add(std::vector<NewEvent> events, UnmatchedEvents unmatched,
                                      Listing listing) {
    if (events.empty() && unmatched.count() == 0) {
        co_return Accepted{};
    }
    if (phase_ != Phase::running) {
        co_return common::fail(Fault::storage, "the agent is stopping");
    }
    if (plan().refuse) {
        co_return common::fail(Fault::storage, database_.last_error());
    }
    EventBatch batch{std::move(events), std::move(unmatched), std::move(listing)};
    const auto request = std::make_shared<Request>(loop_, std::move(batch), clock_.now());
    waiting_.push_back(request);
    waiting_bytes_ += request->batch.bytes;
    ++last_.followed;
    wake_.notify();
    co_return co_await request->answer.wait();
}

void Committer::record(RecordedOutcome recorded) {
    const bool first = !outcomes_.waiting();
    const bool were_many = outcomes_.many_wait();
    events_.note(recorded, time_.now());
    outcomes_.add(std::move(recorded), now());
    if (first || outcomes_.many_wait() != were_many) {
        wake_.notify();
    }
}

std::uint64_t Committer::make_due_now(const Selection& selection) {
    wake_.notify();
    return outcomes_.make_due_now(selection, now());
}

Task<> Committer::flush() {
    if (!running_ || plan().refuse || !(outcomes_.waiting() || outcomes_.being_written())) {
        co_return;
    }
    const auto flush = std::make_shared<Flush>(loop_);
    if (outcomes_.waiting()) {
        flushes_.push_back(flush);
        wake_.notify();
    } else {
        flushes_under_way_.push_back(flush);
    }
    co_await flush->wait();
}

Task<> Committer::run() {
    // A cancellation must not interrupt a commit: it is checked for between two of them.
    co_await common::asio::this_coro::throw_if_cancelled(false);
    running_ = true;
    for (;;) {
        const auto state = co_await common::asio::this_coro::cancellation_state;
        if (state.cancelled() != common::asio::cancellation_type::none &&
            phase_ == Phase::running) {
            phase_ = Phase::stopping;
        }
        const auto next = plan();
        if (next.write) {
            if (phase_ == Phase::stopping) {
                phase_ = Phase::draining;
            }
            co_await write_group(next.probe);
            continue;
        }
        if (phase_ != Phase::running) {
            break;
        }
        auto news = next.wake_at ? wake_.wait_until(*next.wake_at) : wake_.wait();
        try {
            co_await std::move(news);
        } catch (const boost::system::system_error&) {
            phase_ = Phase::stopping; // cancelled
        }
    }
    running_ = false;
    if (outcomes_.waiting()) {
        common::log::warn("outcomes could not be written: what was delivered since is delivered "
                          "once more after the next start",
                          {{"outcomes", outcomes_.size()}});
    }
    refuse_waiting({Fault::storage, "the agent is stopping"});
}

/// As many of the waiting requests as go into one group.
Requests Committer::take_group() {
    std::size_t bytes = 0;
    std::size_t count = 0;
    while (count < waiting_.size() &&
           (count == 0 || bytes + waiting_[count]->batch.bytes <= group_bytes)) {
        bytes += waiting_[count++]->batch.bytes;
    }
    const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
    Requests group{waiting_.begin(), end};
    waiting_.erase(waiting_.begin(), end);
    waiting_bytes_ -= bytes;
    flushes_under_way_ = std::exchange(flushes_, {});
    return group;
}

Task<> Committer::write_group(bool probe) {
    const auto group = take_group();
    if (const auto admitted = co_await admit(group); !admitted) {
        refuse(group, admitted.error());
        co_return;
    }
    const auto commit = make_commit(probe);
    if (!commit) {
        answer(group);
        co_return;
    }
    auto write = [commit](common::Connection& connection, OldestPending& oldest) {
        require_in_place(connection);
        return write_commit(connection, oldest, *commit);
    };
    const auto begin = clock_.now();
    const auto written = co_await database_.run(std::move(write));
    const auto end = clock_.now();
    last_ = {end, end - begin, group.size(), 0};
    if (!written) {
        refuse(group, written.error());
    } else if (written->no_room) {
        outcomes_.written(written->unwritten, clock_.now());
        counts_.apply(*written);
        admission_.undo();
        admission_.refuse_all(group);
        answer(group);
    } else {
        complete(group, *commit, *written);
    }
}

Task<Result<void>> Committer::admit(const Requests& group) {
    if (auto ours = database_.have_queue(); !ours) {
        co_return ours;
    }
    if (database_.broken()) {
        const auto recovery = co_await database_.recover();
        if (recovery.loaded) {
            load(*recovery.loaded);
            listeners_.rows_changed(Selection{});
            listeners_.loaded();
        }
        if (!recovery.writable) {
            co_return common::fail(recovery.writable.error());
        }
    }
    co_return co_await admission_.admit(group);
}

/// Returns null if there is nothing to write. With `probe` there always is: the time anchor.
std::shared_ptr<const Commit> Committer::make_commit(bool probe) {
    auto commit = std::make_shared<Commit>();
    admission_.fill(*commit);
    commit->disk_tight = database_.disk_free() < tight_disk;
    commit->outcomes = outcomes_.take_all();
    if (!probe && commit->events.empty() && commit->outcomes.empty()) {
        return nullptr;
    }
    if (probe || !anchored_at_ || clock_.now() - *anchored_at_ >= anchor_interval) {
        commit->anchor = time_.anchor();
        commit->anchor->next_event = admission_.next_event();
    }
    return commit;
}

void Committer::complete(const Requests& group, const Commit& commit, const CommitResult& written) {
    outcomes_.written(written.unwritten, clock_.now());
    counts_.apply(written);
    if (written.full) {
        refuse(group, {Fault::storage, *written.full});
        return;
    }
    if (commit.anchor) {
        anchored_at_ = clock_.now();
    }
    database_.note_write_success();
    counts_.note_commit(last_.took, commit.events.size());
    if (!written.dropped.empty()) {
        admission_.note_dropped(written.dropped.size());
        events_.end(written.dropped, ListedDelivery::State::dropped,
                    ListedDelivery::Cause::drop_oldest);
        listeners_.rows_changed(Selection{written.dropped, {}, {}});
    }
    admission_.keep(); // their outcomes find them in the event list
    tell_committed(commit);
    answer(group);
}

void Committer::answer(const Requests& group) {
    admission_.keep();
    for (const auto& request : group) {
        request->answer.set(std::move(request->result));
    }
    for (const auto& flush : std::exchange(flushes_under_way_, {})) {
        flush->set(true);
    }
}

/// Nothing of the group was written.
void Committer::undo() {
    admission_.undo();
    outcomes_.put_back(clock_.now());
}

void Committer::refuse(const Requests& group, const common::Error& error) {
    undo();
    database_.note_write_failure(error);
    for (const auto& request : group) {
        request->answer.set(common::fail(error));
    }
    refuse_waiting(error);
}

/// Requests that came after a refused group would only be refused in turn.
void Committer::refuse_waiting(const common::Error& error) {
    waiting_bytes_ = 0;
    for (const auto& request : std::exchange(waiting_, {})) {
        request->answer.set(common::fail(error));
    }
    for (auto* flushes : {&flushes_, &flushes_under_way_}) {
        for (const auto& flush : std::exchange(*flushes, {})) {
            flush->set(false);
        }
    }
}

void Committer::tell_committed(const Commit& commit) {
    std::vector<Delivery> deliveries;
    for (const auto& event : commit.events) {
        for (std::size_t place = 0; place < event.webhooks.size(); ++place) {
            deliveries.push_back({event.delivery(place), event.webhooks[place], event.event_id,
                                  event.bytes, 0, event.accepted_at});
        }
        if (deliveries.size() >= told_at_once) {
            listeners_.committed(std::exchange(deliveries, {}));
        }
    }
    if (!deliveries.empty()) {
        listeners_.committed(std::move(deliveries));
    }
}

} // namespace agent
