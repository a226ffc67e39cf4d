// Channel: a wire with a buffer for what came in and one deadline for whatever is under way. Loop
// thread.
#pragma once

#include "common/base/time.hpp"
#include "common/http_server/wire.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace common {

/// Held by a shared_ptr: its timer asks whether it is still there.
class Channel : public std::enable_shared_from_this<Channel> {
  public:
    enum class Got {
        it,
        late,    ///< the deadline passed
        end,     ///< the peer will send no more
        nothing, ///< the connection is gone, or closed by us
    };
    static constexpr Instant never = Instant::max();

    explicit Channel(std::unique_ptr<Wire> wire);

    /// False: there is no talking to the peer. Before anything else, once.
    Task<bool> handshake();
    /// At least one more byte behind those held. Those that were held may have moved.
    Task<Got> fill();
    /// All of `bytes`. False: the deadline passed or the connection is gone.
    Task<bool> write(std::string_view bytes);
    /// Ends our side and reads until the peer ends its own, or until the deadline: a close with
    /// something unread would be a reset, which may overtake the last answer.
    Task<> linger();
    /// Breaks off whatever is under way.
    void close();
    [[nodiscard]] bool closed() const { return closed_; }

    /// Received and not consumed.
    [[nodiscard]] std::string_view held() const { return {buffer_.data() + begin_, end_ - begin_}; }
    void consume(std::size_t bytes) { begin_ += bytes; }
    /// Whether there is anything from the peer that was not consumed, here or in the kernel.
    [[nodiscard]] bool unread() const;
    /// Whether a peer wants to be told of the end (TLS).
    [[nodiscard]] bool has_farewell() const { return wire_->has_farewell(); }
    /// Gives memory back; when nothing is held.
    void shrink();

    /// From now on this deadline holds.
    void watch(Instant deadline);
    [[nodiscard]] Instant deadline() const { return deadline_; }

  private:
    void arm(Instant when);
    void rang();

    std::unique_ptr<Wire> wire_;
    std::vector<char> buffer_; ///< [begin_, end_) is held
    std::size_t begin_ = 0, end_ = 0;
    bool closed_ = false;

    // One timer, set anew only when it would ring too late: most deadlines pass by without touching
    // it.
    asio::steady_timer timer_;
    Instant deadline_ = never, armed_ = never;
    bool expired_ = false;
};

} // namespace common
