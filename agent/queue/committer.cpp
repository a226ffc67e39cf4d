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

constexpr Millis settle_within{1'000};
constexpr Millis anchor_interval{10'000};
constexpr std::uint64_t tight_disk = std::uint64_t{16} << 20; // bytes: two groups, with their WAL
constexpr std::size_t group_bytes = std::size_t{8}
                                    << 20; // more than that waits for the next transaction

} // namespace

Committer::Waiting::Waiting(common::Executor loop, std::vector<NewEvent> news, common::Instant now)
    : events{std::move(news)}, since{now}, answer{std::move(loop)} {
    keys.reserve(events.size());
    for (const auto& event : events) {
        keys.push_back(event.id_given ? event_key(event.event_id, *event.bytes) : EventKey{});
        bytes += event.bytes->size();
    }
}

Committer::Committer(common::Executor loop, Parts parts, Listeners listeners)
    : loop_{loop}, clock_{parts.clock}, config_{parts.config}, database_{parts.database},
      counts_{parts.counts}, time_{parts.time}, listeners_{std::move(listeners)},
      admission_{parts.counts.stats}, wake_{loop, parts.clock} {
    database_.on_broken([this] { wake_.notify(); });
}

void Committer::load(LoadedQueue loaded) {
    counts_.load(loaded);
    admission_.load(std::move(loaded.cooldowns), loaded.next_event);
    loaded_at_ = time_.now();
}

Task<Result<Accepted>> Committer::add(std::vector<NewEvent> events) {
    if (events.empty()) {
        co_return Accepted{};
    }
    if (stopping_) {
        co_return common::fail(Fault::storage, "the agent is stopping");
    }
    if (database_.degraded() && clock_.now() < database_.retry_at()) {
        co_return common::fail(Fault::storage, database_.last_error());
    }
    const auto waiting = std::make_shared<Waiting>(loop_, std::move(events), clock_.now());
    waiting_.push_back(waiting);
    waiting_bytes_ += waiting->bytes;
    wake_.notify();
    auto answered = waiting->answer.wait();
    co_return co_await std::move(answered);
}

void Committer::record(RecordedOutcome recorded) {
    outcomes_.hold(std::move(recorded), time_.now());
    if (!waiting_since_) {
        waiting_since_ = clock_.now();
        wake_.notify();
    }
}

std::uint64_t Committer::make_due_now(const Selection& selection) {
    const auto revived = outcomes_.make_due_now(selection, time_.now());
    if (outcomes_.waiting() && !waiting_since_) {
        waiting_since_ = clock_.now();
        wake_.notify();
    }
    return revived;
}

Task<> Committer::flush() {
    const bool refused = database_.degraded() && clock_.now() < database_.retry_at();
    if (!running_ || refused || !(outcomes_.waiting() || outcomes_.being_written())) {
        co_return;
    }
    const auto gate = std::make_shared<Gate>(loop_);
    if (outcomes_.waiting()) {
        flushes_.push_back(gate);
        wake_.notify();
    } else {
        flushes_under_way_.push_back(gate);
    }
    auto written = gate->wait();
    co_await std::move(written);
}

std::optional<common::Instant> Committer::next_time() const {
    const auto now = clock_.now();
    if (!flushes_.empty()) {
        return now;
    }
    if (database_.degraded()) {
        // Also with nothing to write: whether the database works again is found out by writing.
        return waiting_.empty() ? database_.retry_at() : now;
    }
    std::optional<common::Instant> when;
    if (!waiting_.empty()) {
        when = waiting_bytes_ > group_bytes ? now
                                            : waiting_.front()->since + config_.queue.commit_window;
    }
    if (waiting_since_) {
        when = std::min(when.value_or(*waiting_since_ + settle_within),
                        *waiting_since_ + settle_within);
    }
    return when;
}

Task<> Committer::run() {
    // A cancellation must not break off a commit in the middle: it is looked for between two of
    // them.
    auto unbroken = common::asio::this_coro::throw_if_cancelled(false);
    co_await unbroken;
    running_ = true;
    for (;;) {
        const auto state = co_await common::asio::this_coro::cancellation_state;
        if (state.cancelled() != common::asio::cancellation_type::none) {
            break;
        }
        const auto when = next_time();
        if (when && *when <= clock_.now()) {
            auto work = write_group();
            co_await std::move(work);
            continue;
        }
        auto news = when ? wake_.wait_until(*when) : wake_.wait();
        try {
            co_await std::move(news);
        } catch (const boost::system::system_error&) {
            break;
        }
    }
    stopping_ = true;
    do {
        auto last = write_group();
        co_await std::move(last);
    } while (!waiting_.empty() && !database_.degraded());
    running_ = false;
    refuse_waiting({Fault::storage, "the agent is stopping"});
}

Committer::Group Committer::take_group() {
    Group group;
    std::size_t bytes = 0;
    std::size_t count = 0;
    while (count < waiting_.size() &&
           (count == 0 || bytes + waiting_[count]->bytes <= group_bytes)) {
        bytes += waiting_[count++]->bytes;
    }
    const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
    group.adds.assign(waiting_.begin(), end);
    waiting_.erase(waiting_.begin(), end);
    waiting_bytes_ -= bytes;
    flushes_under_way_ = std::exchange(flushes_, {});
    return group;
}

Task<> Committer::write_group() {
    auto group = take_group();
    Result<void> ready;
    if (database_.broken()) {
        auto mending = mend();
        ready = co_await std::move(mending);
    }
    if (ready && !group.adds.empty()) {
        auto looking = look_up(group);
        ready = co_await std::move(looking);
    }
    if (ready && !admit_group(group, false)) {
        auto finding = find_room(group);
        ready = co_await std::move(finding);
    }
    if (!ready) {
        refuse(group, ready.error());
        co_return;
    }
    if (!fill_commit(*group.commit)) {
        answer(group);
        co_return;
    }
    auto write = [commit = group.commit](common::Connection& connection, QueueTables& tables) {
        return tables.commit(connection, *commit);
    };
    auto job = database_.run(std::move(write));
    const auto written = co_await std::move(job);
    if (!written) {
        refuse(group, written.error());
    } else if (written->no_room) {
        no_room(group);
    } else {
        complete(group, *written);
    }
}

Task<Result<void>> Committer::mend() {
    auto mending = database_.mend();
    auto loaded = co_await std::move(mending);
    if (!loaded) {
        co_return common::fail(loaded.error());
    }
    load(std::move(*loaded));
    listeners_.rows_changed(Selection{});
    co_return Result<void>{};
}

/// Events may be pending that memory does not remember: from before the start, or older than what
/// it remembers. Only then the disk is asked, for it costs a look for each event.
Task<Result<void>> Committer::look_up(Group& group) {
    const auto remembered_since =
        std::max(loaded_at_, time_.now() - Admission::duplicate_window.count() + 1'000);
    if (!counts_.oldest || *counts_.oldest > remembered_since) {
        co_return Result<void>{};
    }
    using Events = std::vector<std::pair<std::string, std::shared_ptr<const std::string>>>;
    auto asked = std::make_shared<Events>();
    for (const auto& add : group.adds) {
        for (std::size_t i = 0; i < add->events.size(); ++i) {
            if (add->events[i].id_given && !admission_.is_recent(add->keys[i])) {
                asked->emplace_back(add->events[i].event_id, add->events[i].bytes);
            }
        }
    }
    auto look = [asked](common::Connection& connection, QueueTables& tables) {
        return tables.pending_already(connection, *asked);
    };
    auto job = database_.run(std::move(look));
    const auto found = co_await std::move(job);
    if (!found) {
        co_return common::fail(found.error());
    }
    std::size_t next = 0;
    for (const auto& add : group.adds) {
        auto& on_disk = group.on_disk.emplace_back(add->events.size(), false);
        for (std::size_t i = 0; i < add->events.size(); ++i) {
            if (add->events[i].id_given && !admission_.is_recent(add->keys[i])) {
                on_disk[i] = (*found)[next++];
            }
        }
    }
    co_return Result<void>{};
}

/// Whether there was something to write.
bool Committer::fill_commit(Commit& commit) {
    commit.events = admission_.rows();
    commit.cooldowns = admission_.cooldowns();
    commit.disk_tight = database_.disk_free() < tight_disk;
    commit.outcomes = outcomes_.take();
    waiting_since_.reset();
    const bool probe = stopping_ || database_.degraded();
    const bool something = probe || !commit.events.empty() || !commit.outcomes.empty();
    if (something && (probe || !anchored_at_ || clock_.now() - *anchored_at_ >= anchor_interval)) {
        commit.anchor = time_.anchor();
        commit.anchor->next_event = admission_.next_event();
    }
    return something;
}

void Committer::complete(Group& group, const CommitResult& written) {
    outcomes_.written(written.unwritten);
    counts_.apply(written);
    if (written.full) {
        refuse(group, {Fault::storage, *written.full});
        return;
    }
    if (group.commit->anchor) {
        anchored_at_ = clock_.now();
    }
    database_.note_write_success();
    tell_dropped(written);
    offer(*group.commit);
    answer(group);
}

void Committer::answer(Group& group) {
    admission_.keep();
    for (std::size_t i = 0; i < group.adds.size(); ++i) {
        group.adds[i]->answer.set(std::move(group.answers[i]));
    }
    for (const auto& gate : std::exchange(flushes_under_way_, {})) {
        gate->set(true);
    }
}

void Committer::refuse(Group& group, const common::Error& error) {
    admission_.undo();
    outcomes_.put_back();
    if (outcomes_.waiting() && !waiting_since_) {
        waiting_since_ = clock_.now();
    }
    database_.note_write_failure(error);
    for (const auto& add : group.adds) {
        add->answer.set(common::fail(error));
    }
    refuse_waiting(error);
}

/// Those behind a group that was refused would only be refused in turn.
void Committer::refuse_waiting(const common::Error& error) {
    waiting_bytes_ = 0;
    for (const auto& add : std::exchange(waiting_, {})) {
        add->answer.set(common::fail(error));
    }
    for (auto* gates : {&flushes_, &flushes_under_way_}) {
        for (const auto& gate : std::exchange(*gates, {})) {
            gate->set(false);
        }
    }
}

void Committer::offer(const Commit& commit) {
    std::vector<Delivery> deliveries;
    for (const auto& event : commit.events) {
        for (std::size_t place = 0; place < event.webhooks.size(); ++place) {
            deliveries.push_back({event.delivery(place), event.webhooks[place], event.event_id,
                                  event.bytes, 0, event.accepted_at});
        }
    }
    if (!deliveries.empty()) {
        listeners_.committed(std::move(deliveries));
    }
}

} // namespace agent
