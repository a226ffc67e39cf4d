// Session: one connection of HttpServer, from accept to close. Loop thread. It reads a request,
// asks gate and handler and answers, and sees to it that every wait for the peer has a deadline.
#pragma once

#include "common/http_server/channel.hpp"
#include "common/http_server/http_server.hpp"
#include "common/http_server/reader.hpp"

#include <memory>
#include <optional>
#include <string>

namespace common {

/// What the sessions of one server share.
struct Service {
    ServerOptions options;
    HttpServer::Gate gate;
    HttpServer::Handler handler;
    bool stopping = false; ///< no new requests; answers close their connection
};

class Session : public Channel {
  public:
    enum class Welcome { serve, turn_away };

    /// `service` outlives the session. `turn_away`: the one answer is 503.
    Session(Service& service, std::unique_ptr<Wire> wire, bool local, Welcome welcome);

    /// Everything from the handshake to the last answer. Cancellation breaks off a handler that is
    /// running.
    Task<> live();

    /// Waits for the peer's next move outside of a request, and nothing of it has come.
    [[nodiscard]] bool idle() const;
    [[nodiscard]] Instant idle_since() const { return *idle_since_; } ///< when idle()
    /// Whether closing it now, while it is idle, takes nothing from its client: it was answered, or
    /// has kept silent for long enough.
    [[nodiscard]] bool dispensable() const;

    asio::cancellation_signal stop;

  private:
    Task<bool> next_request();
    Task<> exchange();
    Task<bool> read_to(RequestReader::Step wanted);
    Task<bool> drain();

    std::optional<HttpReply> ask_gate();
    Task<> refuse(HttpReply refusal, bool may_stay);
    Task<> give_up(Got why);
    Task<> ask_handler();
    Task<> answer(HttpReply reply, bool stay);

    Service& service_;
    const bool local_;
    const Welcome welcome_;
    RequestReader reader_;
    std::string out_;
    bool open_ = true;       ///< the connection goes on after this answer
    bool answered_ = false;  ///< at least once
    bool continued_ = false; ///< 100 was sent for this request
    std::optional<Instant> idle_since_;
};

} // namespace common
