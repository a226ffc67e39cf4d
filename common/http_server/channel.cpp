#include "common/http_server/channel.hpp"

#include "common/net/address.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace common::http_server {

namespace {

using boost::system::error_code;

constexpr std::size_t smallest_buffer = 4 * 1024;
constexpr std::size_t largest_buffer = 32 * 1024; // times all connections

} // namespace

Channel::Channel(std::unique_ptr<Wire> wire)
    : wire_{std::move(wire)}, last_moved_{std::chrono::steady_clock::now()},
      deadline_{wire_->socket().get_executor(), [this] {
                    error_code gone_already;
                    wire_->socket().cancel(gone_already);
                }} {}

std::string Channel::peer() const {
    error_code gone_already;
    const auto endpoint = wire_->socket().remote_endpoint(gone_already);
    const auto address = address_of(endpoint.data());
    return address ? show_address(*address) : std::string{};
}

Task<bool> Channel::handshake() {
    const bool connected = co_await wire_->handshake();
    co_return connected && !deadline_.passed() && !closed_;
}

Task<Channel::Arrival> Channel::fill() {
    if (closed_ || deadline_.passed()) {
        co_return closed_ ? Arrival::nothing : Arrival::late;
    }
    // A full buffer means that the last read filled it: more bytes are probably waiting.
    if (end_ == buffer_.size() && buffer_.size() < largest_buffer) {
        buffer_.resize(std::max(smallest_buffer, 2 * buffer_.size()));
    }
    if (begin_ != 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    assert(end_ < buffer_.size() && "the reader leaves less than a head unconsumed");
    const auto [failed, size] =
        co_await wire_->read_some(asio::buffer(buffer_.data() + end_, buffer_.size() - end_));
    end_ += size;
    if (closed_ || deadline_.passed()) {
        co_return closed_ ? Arrival::nothing : Arrival::late;
    }
    if (!failed) {
        last_moved_ = std::chrono::steady_clock::now();
        co_return Arrival::bytes;
    }
    co_return failed == asio::error::eof ? Arrival::end : Arrival::nothing;
}

Task<bool> Channel::write(std::string_view bytes) {
    while (!bytes.empty()) {
        if (closed_ || deadline_.passed()) {
            co_return false;
        }
        const auto [failed, size] =
            co_await wire_->write_some(asio::buffer(bytes.data(), bytes.size()));
        if (failed) {
            co_return false;
        }
        last_moved_ = std::chrono::steady_clock::now();
        bytes.remove_prefix(size);
    }
    co_return true;
}

Task<> Channel::linger() {
    co_await wire_->end_writing();
    for (auto arrival = Arrival::bytes; arrival == Arrival::bytes;) {
        begin_ = end_;
        arrival = co_await fill();
    }
}

bool Channel::unread() const {
    error_code failed;
    return begin_ != end_ || wire_->socket().available(failed) != 0;
}

std::size_t Channel::buffer_growth() const {
    return std::max(buffer_.size(), smallest_buffer) - smallest_buffer;
}

void Channel::close() {
    closed_ = true;
    error_code gone_already;
    wire_->socket().close(gone_already);
    deadline_.set(never);
}

void Channel::shrink() {
    if (held().empty() && buffer_.size() > smallest_buffer) {
        std::vector<char>{}.swap(buffer_); // an assignment would keep its memory
        begin_ = end_ = 0;
    }
}

} // namespace common::http_server
