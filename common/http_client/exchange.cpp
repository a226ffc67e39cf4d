#include "common/http_client/exchange.hpp"

#include "common/http_client/response_body.hpp"
#include "common/http_client/response_head.hpp"
#include "common/http_client/shortage.hpp"
#include "common/http_client/tls.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <optional>

// False alarm of g++ 12 on the pair of functions by which Asio allocates and frees coroutine
// frames.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace common {

namespace {

using boost::system::error_code;
using Broke = ExchangeResult::Broke;

/// How long to wait for an unwanted body so that its connection can be used again.
constexpr Millis unwanted_body_wait{1'000};

/// The state of one call of exchange().
class Exchange {
  public:
    Exchange(ClientConnection& connection, const HttpRequest& request, std::string_view head)
        : connection_{connection}, request_{request}, head_text_{head} {}

    Task<Result<HttpReply>> run();

    [[nodiscard]] Broke broke() const { return broke_; }
    [[nodiscard]] bool is_reusable() const {
        return !write_failed_ && head_.keeps_connection() && body_ && body_->keeps_connection() &&
               connection_.received().empty() && !connection_.expired();
    }

  private:
    Task<Result<void>> send();
    Task<Result<void>> read_head();
    Task<Result<void>> read_body();
    Result<bool> take_head();
    void note_break(error_code failed);
    [[nodiscard]] tl::unexpected<Error> unreachable(std::string message,
                                                    error_code failed = {}) const;
    [[nodiscard]] std::string missing_head(error_code failed) const;
    [[nodiscard]] std::string broken_body(error_code failed) const;

    ClientConnection& connection_;
    const HttpRequest& request_;
    std::string_view head_text_;
    ResponseHead head_;
    std::optional<ResponseBody> body_;
    error_code write_failed_;
    bool received_any_ = false;
    Broke broke_ = Broke::no;
};

Task<Result<HttpReply>> Exchange::run() {
    auto done = co_await send();
    if (done) {
        done = co_await read_head();
    }
    if (done) {
        body_.emplace(head_.framing(request_.method == "HEAD"), request_.body_wanted,
                      request_.body_limit);
        done = co_await read_body();
    }
    if (!done) {
        co_return fail(std::move(done.error()));
    }
    co_return HttpReply{head_.status(), std::move(head_.headers), std::move(body_->text)};
}

Task<Result<void>> Exchange::send() {
    // A peer that refuses a body may respond and close before it has read it all. Its response, if
    // there is one, counts more than the failed write.
    write_failed_ = co_await connection_.write(head_text_, request_.body);
    if (write_failed_ && connection_.expired()) {
        co_return unreachable(timed_out(request_.timeout, "sending the request"));
    }
    if (write_failed_ && !connection_.has_written() && fault_of(write_failed_) == Fault::own) {
        co_return fail(Fault::own, failed_step("write", write_failed_));
    }
    co_return Result<void>{};
}

Task<Result<void>> Exchange::read_head() {
    for (;;) {
        const auto whole = take_head();
        if (!whole) {
            co_return fail(whole.error());
        }
        if (*whole) {
            co_return Result<void>{};
        }
        const auto failed = co_await connection_.read_some();
        if (failed == asio::error::eof && received_any_) {
            head_.put_end(connection_.received());
            connection_.consume(connection_.received().size());
            if (head_.done()) {
                continue;
            }
        }
        if (failed) {
            note_break(failed);
            co_return unreachable(missing_head(failed), failed);
        }
        received_any_ = true;
    }
}

/// Whether the head of the final response is whole. Skips interim ones (RFC 9110, section 15.2).
Result<bool> Exchange::take_head() {
    for (;;) {
        connection_.consume(head_.put(connection_.received()));
        if (!head_.fault().empty()) {
            return unreachable("read: " + head_.fault());
        }
        if (!head_.done()) {
            return false;
        }
        if (head_.status() == 101) {
            return unreachable("read: the response is 101, but no upgrade was asked for");
        }
        if (head_.status() >= 200) {
            return true;
        }
        head_ = ResponseHead{};
    }
}

Task<Result<void>> Exchange::read_body() {
    const auto wait =
        request_.body_wanted ? request_.timeout : std::min(request_.timeout, unwanted_body_wait);
    connection_.set_deadline(std::chrono::steady_clock::now() + wait);
    connection_.consume(body_->put(connection_.received()));
    error_code failed;
    while (!body_->done() && body_->fault().empty() && !failed) {
        failed = co_await connection_.read_some();
        if (failed == asio::error::eof) {
            body_->put_end();
        } else if (!failed) {
            connection_.consume(body_->put(connection_.received()));
        }
    }
    if (!body_->done() && request_.body_wanted) {
        co_return unreachable(broken_body(failed), failed);
    }
    co_return Result<void>{};
}

/// What the end of a connection without a byte of a response says about the request.
///
/// A peer that closes an idle connection sends its FIN before the request arrives, so the FIN
/// acknowledges nothing of it, and what arrives later is answered with a reset by the peer's
/// system: no program has read it. A reset without a FIN says less, for the acknowledgement of a
/// request that was read may still have been delayed when the reset was sent. So where the system
/// cannot exclude that the peer has read the request, it counts as sent.
void Exchange::note_break(error_code failed) {
    if (received_any_ || connection_.expired()) {
        return;
    }
    const bool unsent = write_failed_ && !connection_.has_written();
    const bool closed = failed == asio::error::eof || failed == asio::ssl::error::stream_truncated;
    broke_ = unsent || (closed && connection_.is_unacknowledged()) ? Broke::unread : Broke::silent;
}

tl::unexpected<Error> Exchange::unreachable(std::string message, error_code failed) const {
    const auto cause = connection_.expired()  ? Cause::timeout
                       : is_tls_error(failed) ? Cause::tls
                                              : Cause::other;
    return fail(Error{Fault::unreachable, std::move(message), cause});
}

std::string Exchange::missing_head(error_code failed) const {
    const auto after = head_.shown_line().empty() ? "" : " after " + head_.shown_line();
    if (connection_.expired()) {
        return timed_out(request_.timeout, after.empty() ? "waiting for the response"
                                                         : "reading the response's head" + after);
    }
    // Under TLS 1.3 a server that refuses the client says so after the handshake. Its alert says
    // more than the failed write.
    if (write_failed_ && !is_tls_error(failed)) {
        return failed_step("write", write_failed_);
    }
    return head_.fault().empty() ? failed_step("read", failed) + after : "read: " + head_.fault();
}

std::string Exchange::broken_body(error_code failed) const {
    if (connection_.expired()) {
        return timed_out(request_.timeout, "reading the body of the response");
    }
    if (!body_->fault().empty()) {
        return "read: " + body_->fault();
    }
    return failed_step("read", failed) + " after " + std::to_string(body_->size()) +
           " bytes of the body";
}

} // namespace

Task<ExchangeResult> exchange(ClientConnection& connection, const HttpRequest& request,
                              std::string_view head) {
    Exchange one{connection, request, head};
    auto reply = co_await one.run();
    co_return ExchangeResult{std::move(reply), one.broke(), one.is_reusable()};
}

} // namespace common
