// FakeHttp: an HttpClient that answers as the test says and remembers what was asked. A request may
// be left hanging.
#pragma once

#include "common/http_client/http_client.hpp"

#include <deque>
#include <functional>
#include <vector>

namespace test {

class FakeHttp final : public common::HttpClient {
  public:
    using Answer = common::Result<common::HttpReply>;
    /// nullopt: hang until the test calls release() (or the coroutine is cancelled).
    using Script = std::function<std::optional<Answer>(const common::HttpRequest&)>;

    FakeHttp(common::Executor executor, Script script)
        : executor_{std::move(executor)}, script_{std::move(script)} {}

    common::Task<Answer> send(common::HttpRequest request) override;

    void set_script(Script script) { script_ = std::move(script); }
    /// Answers the longest hanging request.
    void release(Answer answer);
    [[nodiscard]] std::size_t hanging() const { return hanging_.size(); }
    [[nodiscard]] const std::vector<common::HttpRequest>& requests() const { return requests_; }
    void forget() { requests_.clear(); }

    static Answer status(unsigned code) { return common::HttpReply{code, {}, {}}; }
    static Answer no_answer(std::string why = "connect: connection refused") {
        return common::fail(common::Fault::unreachable, std::move(why));
    }

  private:
    common::Executor executor_;
    Script script_;
    std::vector<common::HttpRequest> requests_;
    std::deque<std::shared_ptr<common::OneShot<Answer>>> hanging_;
};

} // namespace test
