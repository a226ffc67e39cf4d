// Session: one connection of a Server, from accept to close. Loop thread. It reads requests, asks
// the gate, runs the handlers and answers; every wait for the peer has a deadline.
#pragma once

#include "common/http_server/channel.hpp"
#include "common/http_server/handler.hpp"
#include "common/http_server/options.hpp"
#include "common/http_server/reader.hpp"

#include <memory>
#include <optional>
#include <string>

namespace common::http_server {

/// What the sessions of one server share.
struct Context {
    Options options;
    Gate gate;
    bool stopping = false; ///< no new requests; each answer closes its connection
};

class Session : public Channel {
  public:
    enum class Admission {
        serve,
        turn_away, ///< the only answer is 503
    };

    /// `context` outlives the session.
    Session(Context& context, std::unique_ptr<Wire> wire, bool local, Admission admission);

    /// Everything from the handshake to the last answer. Cancelling it cancels the running handler.
    Task<> run();

    /// Whether it waits for the peer between requests and nothing of the next one has arrived.
    [[nodiscard]] bool idle() const;
    [[nodiscard]] Instant idle_since() const { return *idle_since_; } ///< when idle()
    /// Whether closing it while it is idle costs its client nothing: the client was answered, or
    /// has been silent for long enough.
    [[nodiscard]] bool may_make_room() const;

    asio::cancellation_signal stop;

  private:
    Task<bool> next_request();
    Task<> exchange();
    Task<bool> read_until(RequestReader::Progress wanted);
    Task<bool> drain();

    tl::expected<Handler, HttpReply> ask_gate();
    Task<> handle(Handler handler);
    Task<> refuse(HttpReply refusal, bool may_stay);
    Task<> answer_incomplete(Arrival why);
    Task<> answer(HttpReply reply, bool may_stay);

    Context& context_;
    const bool local_;
    const Admission admission_;
    RequestReader reader_;
    std::string out_;
    bool open_ = true;       ///< whether the connection stays open after this answer
    bool answered_ = false;  ///< at least once
    bool continued_ = false; ///< 100 was sent for this request
    std::optional<Instant> idle_since_;
};

} // namespace common::http_server
