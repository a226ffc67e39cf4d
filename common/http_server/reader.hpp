// RequestReader: the bytes of a connection become requests, one after the other. No socket, no
// clock; whose session it is, its thread. What two servers might read in different ways (request
// smuggling) is refused, in words that a person understands (RFC 9112).
#pragma once

#include "common/http_server/http_server.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace common {

class RequestReader {
  public:
    enum class Step {
        more, ///< bytes are wanting
        head, ///< the head is there: once for each request
        done, ///< the whole request is there; bytes that follow belong to the next
        bad,  ///< refusal() says why; nothing that follows can be understood
    };
    static constexpr std::size_t max_head =
        16 * 1024; ///< request line and headers; also a chunk's line, and trailers

    RequestReader();
    ~RequestReader();

    /// Forgets the last request. A body beyond `max_body` bytes is read, but not kept.
    void begin(std::size_t max_body, bool local);
    /// Reads on; `used` says how many of `bytes` are done with, the others must come again with
    /// more behind them. Not after done or bad.
    Step feed(std::string_view bytes, std::size_t& used);
    /// What follows of the body is read and not kept.
    void discard();

    // From the head on:
    [[nodiscard]] Incoming& request() { return request_; }
    [[nodiscard]] bool done() const; ///< also right after the head when there is no body
    [[nodiscard]] bool too_large() const {
        return too_large_;
    } ///< the body is, or by its Content-Length will be, larger than max_body
    [[nodiscard]] bool keep_alive() const; ///< as the client wants it
    [[nodiscard]] bool http_1_0() const { return http_1_0_; }
    [[nodiscard]] bool expects_continue() const { return expects_continue_; }

    [[nodiscard]] bool is_head() const { return is_head_; } ///< HEAD, which is handed on as GET
    [[nodiscard]] const HttpReply& refusal() const { return *refusal_; }

  private:
    class Parser;

    Step read_head(std::string_view bytes, std::size_t& used);
    Step read_line(std::string_view bytes, std::size_t& used);
    Step read_fields(std::string_view bytes, std::size_t& used);
    Step read_body(std::string_view bytes, std::size_t& used);
    std::optional<std::size_t> end_of_line(std::string_view bytes);
    void take_target(std::string_view target);
    void take_field(std::string_view name, std::string_view value);
    void take_body(std::string_view part);
    void check_head();
    Step refuse(unsigned status, std::string why);

    std::unique_ptr<Parser> parser_;
    Incoming request_;
    std::optional<HttpReply> refusal_;
    std::size_t max_body_ = 0;
    std::size_t line_size_ = 0; ///< of the request line, once it is read
    std::size_t line_start_ = 0,
                seen_ = 0; ///< within what feed() gets next: the line being looked at, and how far
    unsigned hosts_ = 0, lengths_ = 0;
    bool line_read_ = false, head_read_ = false;
    bool http_1_0_ = false, expects_continue_ = false, is_head_ = false;
    bool dropping_ = false, too_large_ = false;
};

} // namespace common
