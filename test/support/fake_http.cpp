#include "test/support/fake_http.hpp"

namespace test {

common::Task<FakeHttp::Answer> FakeHttp::send(common::HttpRequest request) {
    requests_.push_back(request);
    auto answer = script_(requests_.back());
    if (answer) {
        co_return std::move(*answer);
    }
    auto later = std::make_shared<common::OneShot<Answer>>(executor_);
    hanging_.push_back(later);
    co_return co_await later->wait();
}

void FakeHttp::release(Answer answer) {
    const auto first = hanging_.front();
    hanging_.pop_front();
    first->set(std::move(answer));
}

} // namespace test
