// Runs one coroutine to its end on a loop of its own. For the command line only, which may block.
#pragma once

#include "common/async/task.hpp"
#include "common/base/result.hpp"

#include <exception>
#include <optional>
#include <utility>

namespace agent {

template <class T>
common::Result<T> run_task(common::asio::io_context& loop, common::Task<common::Result<T>> task) {
    std::optional<common::Result<T>> result;
    common::asio::co_spawn(loop, std::move(task),
                           [&](std::exception_ptr thrown, common::Result<T> returned) {
                               if (thrown) {
                                   std::rethrow_exception(thrown);
                               }
                               result = std::move(returned);
                               loop.stop();
                           });
    loop.run();
    return result ? std::move(*result)
                  : common::fail(common::Fault::internal, "the call ended without a result");
}

} // namespace agent
