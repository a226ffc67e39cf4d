// GuardedClient: the HTTP client of the deliveries. The queue's lock is on a file beside the
// database; whoever removes that file lets a second agent onto the queue, and both would deliver
// all of it. So before an attempt, at most once a second, it looks whether this process still has
// the queue, and sends nothing while another has it. Loop thread.
#pragma once

#include "common/async/clock.hpp"
#include "common/http_client/http_client.hpp"

#include <functional>

namespace agent {

class GuardedClient final : public common::HttpClient {
  public:
    /// `alone` returns an error while another process has the queue. `back` is called when this one
    /// has it again: what is known of its rows is old then. Clock and client must outlive it.
    GuardedClient(common::Clock& clock, common::HttpClient& client,
                  std::function<common::Result<void>()> alone, std::function<void()> back);

    /// As of the client. Fault::own, and nothing is sent, while another process has the queue, and
    /// for the second after that.
    common::Task<common::Result<common::HttpReply>> send(common::HttpRequest request) override;

  private:
    common::Result<void> judge();

    common::Clock& clock_;
    common::HttpClient& client_;
    std::function<common::Result<void>()> alone_;
    std::function<void()> back_;
    common::Instant judge_again_at_{};
    common::Result<void> judgement_;
    bool lost_ = false; ///< another process had the queue when it was last looked
};

} // namespace agent
