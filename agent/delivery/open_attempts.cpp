#include "agent/delivery/open_attempts.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <string>
#include <utility>

namespace agent {

namespace {

namespace asio = common::asio;

template <class Attempts> auto oldest_of(Attempts& attempts) {
    return std::min_element(attempts.begin(), attempts.end(), [](const auto& a, const auto& b) {
        return a.second.start < b.second.start;
    });
}

} // namespace

void OpenAttempts::started(std::int64_t delivery, common::Instant now,
                           std::function<void()> cancel) {
    attempts_[delivery] = {now, std::move(cancel)};
}

bool OpenAttempts::ended(std::int64_t delivery, bool answered) {
    attempts_.erase(delivery);
    const bool given_up = given_up_.erase(delivery) > 0;
    if (!answered && !given_up) {
        patience_ = least_patience; // it had all its time, and hung
    }
    return given_up;
}

std::optional<common::Instant> OpenAttempts::can_give_up() const {
    const auto oldest = oldest_of(attempts_);
    return oldest == attempts_.end() ? std::nullopt
                                     : std::optional{oldest->second.start + patience_};
}

void OpenAttempts::give_up_oldest() {
    if (const auto oldest = oldest_of(attempts_); oldest != attempts_.end()) {
        const auto cancel = std::move(oldest->second.cancel);
        given_up_.insert(oldest->first);
        attempts_.erase(oldest);
        patience_ *= 2;
        cancel();
    }
}

common::Task<std::optional<common::Result<common::HttpReply>>>
reply_unless_cancelled(common::HttpClient& client, common::HttpRequest request) {
    std::optional<common::Result<common::HttpReply>> reply;
    try {
        reply = co_await client.send(std::move(request));
    } catch (const boost::system::system_error& why) {
        if (why.code() != asio::error::operation_aborted) {
            throw;
        }
    }
    const auto state = co_await asio::this_coro::cancellation_state;
    if (reply && !*reply && state.cancelled() != asio::cancellation_type::none) {
        reply.reset(); // the client returned it as an error
    }
    co_return reply;
}

common::Error given_up_after(common::Instant::duration span) {
    const auto ms = std::chrono::duration_cast<common::Millis>(span).count();
    return {common::Fault::unreachable,
            "no answer within " + std::to_string(ms) +
                " ms; given up because others waited for a connection",
            common::Cause::timeout};
}

} // namespace agent
