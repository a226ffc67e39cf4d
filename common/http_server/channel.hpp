// Channel: a wire with a buffer for received bytes and one deadline for the operation in progress.
// Loop thread.
#pragma once

#include "common/async/deadline.hpp"
#include "common/http_server/wire.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace common::http_server {

class Channel {
  public:
    enum class Arrival {
        bytes,
        late,    ///< the deadline passed
        end,     ///< the peer will send no more
        nothing, ///< the connection failed, or was closed by us
    };
    static constexpr Instant never = Deadline::never;

    explicit Channel(std::unique_ptr<Wire> wire);

    /// Called once, before anything else. False: no conversation with the peer is possible.
    Task<bool> handshake();
    /// Reads at least one more byte after those held. Invalidates held().
    Task<Arrival> fill();
    /// Writes all of `bytes`. False: the deadline passed or the connection failed.
    Task<bool> write(std::string_view bytes);
    /// Ends our side and reads until the peer ends its own, or until the deadline: closing with
    /// unread bytes would send a reset, which may overtake the last answer.
    Task<> linger();
    /// Cancels the operation in progress.
    void close();
    [[nodiscard]] bool closed() const { return closed_; }

    /// Received and not yet consumed.
    [[nodiscard]] std::string_view held() const { return {buffer_.data() + begin_, end_ - begin_}; }
    void consume(std::size_t bytes) { begin_ += bytes; }
    /// Whether anything from the peer was not consumed, here or in the kernel.
    [[nodiscard]] bool unread() const;
    /// Whether the protocol tells the peer of the end (TLS).
    [[nodiscard]] bool has_farewell() const { return wire_->has_farewell(); }
    /// Frees the buffer when nothing is held.
    void shrink();
    /// What the buffer takes beyond its smallest size.
    [[nodiscard]] std::size_t buffer_growth() const;
    /// When bytes came or went the last time; at first, when the connection was accepted.
    [[nodiscard]] Instant last_moved() const { return last_moved_; }

    /// The address of the peer, for people; empty if it is gone or has none.
    [[nodiscard]] std::string peer() const;

    /// Replaces the deadline of whatever is in progress.
    void set_deadline(Instant deadline) { deadline_.set(deadline); }
    [[nodiscard]] Instant deadline() const { return deadline_.when(); }

  private:
    std::unique_ptr<Wire> wire_;
    std::vector<char> buffer_; ///< [begin_, end_) is held
    std::size_t begin_ = 0, end_ = 0;
    bool closed_ = false;
    Instant last_moved_;
    Deadline deadline_;
};

} // namespace common::http_server
