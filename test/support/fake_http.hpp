// FakeHttp: an HttpClient that answers as the test says and remembers the requests. A request may
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
    /// nullopt: hangs until the test calls release().
    using Script = std::function<std::optional<Answer>(const common::HttpRequest&)>;

    FakeHttp(common::Executor executor, Script script)
        : executor_{std::move(executor)}, script_{std::move(script)} {}

    common::Task<Answer> send(common::HttpRequest request) override;

    void set_script(Script script) { script_ = std::move(script); }
    /// Answers the request that has been hanging longest; in vain if it was cancelled.
    void release(Answer answer);
    /// Without those that were cancelled.
    [[nodiscard]] std::size_t hanging() const;
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
    struct Hanging {
        explicit Hanging(const common::Executor& executor)
            : gate{executor, common::asio::steady_timer::time_point::max()} {}
        common::asio::steady_timer gate;
        std::optional<Answer> answer;
        bool cancelled = false;
    };
    std::deque<std::shared_ptr<Hanging>> hanging_;
};

} // namespace test
