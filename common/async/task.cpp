#include "common/async/task.hpp"

#include "common/base/log.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/system/system_error.hpp>
#include <cassert>
#include <cstdlib>

namespace common {

TaskGroup::TaskGroup(Executor executor)
    : executor_{executor}, empty_{executor, asio::steady_timer::time_point::max()} {}

TaskGroup::~TaskGroup() {
    assert(running_.empty() && "a TaskGroup needs cancel() and join() before its destruction");
}

std::uint64_t TaskGroup::spawn(std::string name, Task<> task) {
    running_.emplace_back();
    auto one = std::prev(running_.end());
    one->number = ++last_number_;
    one->name = std::move(name);
    auto done = [this, one](std::exception_ptr why) { ended(one, std::move(why)); };
    asio::co_spawn(executor_, std::move(task),
                   asio::bind_cancellation_slot(one->stop.slot(), std::move(done)));
    return last_number_;
}

void TaskGroup::ended(std::list<Running>::iterator one, std::exception_ptr why) {
    try {
        if (why) {
            std::rethrow_exception(why);
        }
    } catch (const std::exception& error) {
        const auto* system = dynamic_cast<const boost::system::system_error*>(&error);
        if (system == nullptr || system->code() != asio::error::operation_aborted) {
            log::error("internal task failed", {{"task", one->name}, {"error", error.what()}});
            std::abort();
        }
    }
    running_.erase(one);
    if (running_.empty()) {
        empty_.cancel();
    }
}

void TaskGroup::cancel() {
    // A signal may end its coroutine at once, which removes it from the list.
    for (auto one = running_.begin(); one != running_.end();) {
        (one++)->stop.emit(asio::cancellation_type::terminal);
    }
}

void TaskGroup::cancel(std::uint64_t number) {
    const auto one = std::ranges::find(running_, number, &Running::number);
    if (one != running_.end()) {
        one->stop.emit(asio::cancellation_type::terminal);
    }
}

Task<> TaskGroup::join() {
    while (!running_.empty()) {
        co_await empty_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

} // namespace common
