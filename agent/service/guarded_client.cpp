#include "agent/service/guarded_client.hpp"

#include "common/base/log.hpp"

#include <utility>

namespace agent {

namespace {

using common::Fault;
using common::Result;
namespace log = common::log;

constexpr common::Millis pause{1'000};

common::Task<Result<common::HttpReply>> refused(common::Error why) {
    co_return common::fail(std::move(why));
}

} // namespace

GuardedClient::GuardedClient(common::Clock& clock, common::HttpClient& client,
                             std::function<Result<void>()> alone, std::function<void()> back)
    : clock_{clock}, client_{client}, alone_{std::move(alone)}, back_{std::move(back)} {}

Result<void> GuardedClient::judge() {
    const auto now = clock_.now();
    if (now < judge_again_at_) {
        return judgement_;
    }
    judge_again_at_ = now + pause;
    const auto alone = alone_();
    if (!alone) {
        if (!lost_) {
            log::error("another agent has the queue: this one delivers nothing",
                       {{"error", alone.error().message}});
        }
        judgement_ = common::fail(Fault::own, alone.error().message);
    } else if (lost_) {
        // The lanes hold deliveries that the other agent may have made. Those that are on their way
        // here are refused until the pause is over.
        log::warn("this agent has the queue for itself again");
        back_();
        judgement_ = common::fail(Fault::own, "another agent had the queue: reading it again");
    } else {
        judgement_ = {};
    }
    lost_ = !alone;
    return judgement_;
}

common::Task<Result<common::HttpReply>> GuardedClient::send(common::HttpRequest request) {
    auto judged = judge();
    return judged ? client_.send(std::move(request)) : refused(std::move(judged.error()));
}

} // namespace agent
