#include "test/support/fake_http.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

namespace test {

common::Task<FakeHttp::Answer> FakeHttp::send(common::HttpRequest request) {
    requests_.push_back(request);
    auto answer = script_(requests_.back());
    if (answer) {
        co_return std::move(*answer);
    }
    const auto later = std::make_shared<Hanging>(executor_);
    hanging_.push_back(later);
    co_await later->gate.async_wait(common::asio::as_tuple(common::asio::use_awaitable));
    later->cancelled = !later->answer;
    if (later->cancelled) { // as the real client does
        throw boost::system::system_error{common::asio::error::operation_aborted};
    }
    co_return std::move(*later->answer);
}

void FakeHttp::release(Answer answer) {
    const auto first = hanging_.front();
    hanging_.pop_front();
    first->answer = std::move(answer);
    first->gate.cancel();
}

std::size_t FakeHttp::hanging() const {
    return static_cast<std::size_t>(
        std::ranges::count(hanging_, false, [](const auto& one) { return one->cancelled; }));
}

} // namespace test
