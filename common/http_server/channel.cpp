#include "common/http_server/channel.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace common {

namespace {

using boost::system::error_code;

constexpr std::size_t smallest_buffer = 4 * 1024;
constexpr std::size_t largest_buffer = 64 * 1024;

} // namespace

Channel::Channel(std::unique_ptr<Wire> wire)
    : wire_{std::move(wire)}, timer_{wire_->socket().get_executor()} {}

Task<bool> Channel::handshake() {
    auto greeting = wire_->handshake();
    const bool understood = co_await std::move(greeting);
    co_return understood && !expired_ && !closed_;
}

Task<Channel::Got> Channel::fill() {
    if (closed_ || expired_) {
        co_return closed_ ? Got::nothing : Got::late;
    }
    if (end_ == buffer_.size() &&
        buffer_.size() <
            largest_buffer) { // the last read filled it: there is more where that came from
        buffer_.resize(std::max(smallest_buffer, 2 * buffer_.size()));
    }
    if (begin_ != 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    assert(end_ < buffer_.size() && "the reader leaves less than a head unused");
    auto reading = wire_->read_some(asio::buffer(buffer_.data() + end_, buffer_.size() - end_));
    const auto [failed, size] = co_await std::move(reading);
    end_ += size;
    if (closed_ || expired_) {
        co_return closed_ ? Got::nothing : Got::late;
    }
    if (!failed) {
        co_return Got::it;
    }
    co_return failed == asio::error::eof ? Got::end : Got::nothing;
}

Task<bool> Channel::write(std::string_view bytes) {
    while (!bytes.empty()) {
        if (closed_ || expired_) {
            co_return false;
        }
        auto writing = wire_->write_some(asio::buffer(bytes.data(), bytes.size()));
        const auto [failed, size] = co_await std::move(writing);
        if (failed) {
            co_return false;
        }
        bytes.remove_prefix(size);
    }
    co_return true;
}

Task<> Channel::linger() {
    auto farewell = wire_->end_of_writing();
    co_await std::move(farewell);
    for (auto got = Got::it; got == Got::it;) {
        begin_ = end_;
        auto bytes = fill();
        got = co_await std::move(bytes);
    }
}

bool Channel::unread() const {
    error_code failed;
    return begin_ != end_ || wire_->socket().available(failed) != 0;
}

void Channel::close() {
    closed_ = true;
    error_code gone_already;
    wire_->socket().close(gone_already);
    timer_.cancel();
}

void Channel::shrink() {
    if (held().empty() && buffer_.size() > smallest_buffer) {
        buffer_ = {};
        begin_ = end_ = 0;
    }
}

void Channel::watch(Instant deadline) {
    deadline_ = deadline;
    expired_ = false;
    if (deadline < armed_) {
        arm(deadline);
    }
}

void Channel::arm(Instant when) {
    armed_ = when;
    timer_.expires_at(when);
    timer_.async_wait([weak = weak_from_this()](error_code stopped) {
        const auto self = stopped ? nullptr : weak.lock();
        if (self) {
            self->rang();
        }
    });
}

void Channel::rang() {
    armed_ = never;
    if (closed_ || deadline_ == never) {
        return;
    }
    if (std::chrono::steady_clock::now() < deadline_) {
        arm(deadline_);
        return;
    }
    expired_ = true;
    error_code gone_already;
    wire_->socket().cancel(gone_already);
}

} // namespace common
