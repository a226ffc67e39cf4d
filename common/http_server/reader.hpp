// RequestReader: turns the bytes of a connection into requests, one after another. It has no socket
// and no clock, and belongs to the thread of its session. What two servers might read differently
// (request smuggling) is refused with a reply that says what RFC 9112 expects.
#pragma once

#include "common/net/http.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace common::http_server {

class RequestReader {
  public:
    enum class Progress {
        need_more,
        head,      ///< the head is complete; reported once per request
        complete,  ///< so is the body; the bytes that follow belong to the next request
        malformed, ///< refusal() says why; nothing that follows can be understood
    };
    /// Limit of the request line with the headers; also of a chunk's size line, and of the
    /// trailers.
    static constexpr std::size_t max_head = 16 * 1024;

    RequestReader();
    ~RequestReader();

    /// Starts a new request. A body beyond `max_body` bytes is read, but not kept.
    void begin(std::size_t max_body, bool local);
    /// Reads on. `used` is how many of `bytes` were consumed; the caller passes the others again
    /// with more bytes after them. Not to be called after complete or malformed.
    Progress feed(std::string_view bytes, std::size_t& used);
    /// The rest of the body is read, but not kept.
    void discard();

    // Valid once the head is complete:
    [[nodiscard]] Incoming& request() { return request_; }
    /// Also true right after the head when there is no body.
    [[nodiscard]] bool complete() const;
    /// Whether the body is, or by its Content-Length will be, larger than max_body.
    [[nodiscard]] bool too_large() const { return body_.too_large; }
    /// Whether the client wants the connection to stay open.
    [[nodiscard]] bool keep_alive() const;
    [[nodiscard]] bool http_1_0() const { return head_.http_1_0; }
    [[nodiscard]] bool expects_continue() const { return head_.expects_continue; }
    /// Whether the method was HEAD, which request() shows as GET.
    [[nodiscard]] bool is_head() const { return head_.is_head; }

    /// Valid once malformed.
    [[nodiscard]] const HttpReply& refusal() const { return *refusal_; }

  private:
    class Parser;

    struct Head {
        std::size_t line_size = 0; ///< of the request line; 0 until it was read
        /// Within the bytes that feed() gets next: the line being scanned, and how far.
        std::size_t line_start = 0, scanned = 0;
        unsigned hosts = 0, lengths = 0;
        bool complete = false;
        bool http_1_0 = false, expects_continue = false, is_head = false;
    };
    struct Body {
        std::size_t limit = 0;
        bool discarded = false, too_large = false;
        bool has_chunks = false; ///< other than the last
    };

    Progress read_head(std::string_view bytes, std::size_t& used);
    Progress read_line(std::string_view bytes, std::size_t& used);
    Progress read_fields(std::string_view bytes, std::size_t& used);
    Progress read_body(std::string_view bytes, std::size_t& used);
    std::optional<std::size_t> end_of_line(std::string_view bytes);
    void on_target(std::string_view target);
    void on_field(std::string_view name, std::string_view value);
    void on_body(std::string_view part);
    void check_head();
    Progress refuse(unsigned status, const std::string& why);

    std::unique_ptr<Parser> parser_;
    Incoming request_;
    std::optional<HttpReply> refusal_;
    Head head_;
    Body body_;
};

} // namespace common::http_server
