// Session: one connection of a Server, from accept to close. Loop thread. It reads requests, asks
// the gate, runs the handlers and answers; every wait for the peer has a deadline, and what it
// holds for its peer counts in the server's memory budget.
#pragma once

#include "common/base/memory_budget.hpp"
#include "common/http_server/channel.hpp"
#include "common/http_server/handler.hpp"
#include "common/http_server/options.hpp"
#include "common/http_server/reader.hpp"
#include "common/http_server/standing.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace common::http_server {

class Session;

/// What the sessions of one server share.
struct Context {
    Options options;
    MemoryBudget& memory;
    Gate gate;
    /// Makes another session give up its memory. False: none can.
    std::function<bool(const Session& for_whom)> free_memory;
    RefusalObserver on_refused = [](const RefusedRequest&) {};
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

    /// Whether closing it now breaks off no request and no answer.
    [[nodiscard]] bool idle() const;
    [[nodiscard]] Standing standing() const { return {stage_, answered_, since_, last_moved()}; }
    [[nodiscard]] bool local() const { return local_; }
    /// What it holds of the memory budget.
    [[nodiscard]] std::size_t memory() const { return memory_.bytes(); }
    /// What it holds for its peer is needed for others. Frees it, and ends the connection with a
    /// 503 where that can still be said.
    void yield_memory();
    /// The same for its place among the connections. Returns whether it is closed already.
    bool yield_connection();

    asio::cancellation_signal stop;

  private:
    Stage enter(Stage stage); ///< returns the one before
    bool hold(std::size_t bytes);
    Task<bool> next_request();
    Task<> exchange();
    Task<bool> read_until(RequestReader::Progress wanted);
    Task<bool> drain();

    tl::expected<Handler, HttpReply> ask_gate();
    Task<> handle(Handler handler);
    Task<> refuse(HttpReply refusal, bool may_stay);
    Task<> answer_incomplete(Arrival why);
    Task<> answer_yielded();
    Task<> answer(HttpReply reply, bool may_stay);

    Context& context_;
    const bool local_;
    const Admission admission_;
    RequestReader reader_;
    MemoryBudget::Share memory_;
    std::string out_;
    /// Method and path of the request being answered, once its head was read.
    std::pair<std::string, std::string> asked_;
    bool open_ = true;       ///< whether the connection stays open after this answer
    bool answered_ = false;  ///< at least once
    bool continued_ = false; ///< 100 was sent for this request
    Stage stage_ = Stage::connecting;
    Instant since_;                 ///< when the stage began
    bool no_room_ = false;          ///< for the body of this request
    const char* yielded_ = nullptr; ///< why its request is given up for others
};

} // namespace common::http_server
