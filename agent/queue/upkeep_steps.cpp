#include "agent/queue/upkeep_steps.hpp"

namespace agent {

using common::Connection;
using common::Result;
using common::Task;

Task<Result<std::uint64_t>> UpkeepSteps::repeat(NextWork next, Each each) {
    std::uint64_t rows = 0;
    std::int64_t after = 0;
    for (;;) {
        const auto step = co_await database_.run(next(after), QueueDatabase::OnFullDisk::make_way);
        if (!step) {
            co_return common::fail(step.error());
        }
        counts_.apply(step->written);
        each(*step);
        rows += step->rows.size();
        after = step->last;
        if (step->done) {
            co_return rows;
        }
    }
}

Task<Result<void>> UpkeepSteps::measured(std::function<void(Connection&)> work) {
    auto job = [work = std::move(work)](Connection& connection, OldestPending& oldest) {
        work(connection);
        return measure(connection, oldest);
    };
    const auto done = co_await database_.run(std::move(job), QueueDatabase::OnFullDisk::make_way);
    if (!done) {
        co_return common::fail(done.error());
    }
    counts_.apply(*done);
    co_return Result<void>{};
}

} // namespace agent
