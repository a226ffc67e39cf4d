#include "common/http_client/exchange.hpp"

#include "common/http_client/shortage.hpp"
#include "common/http_client/tls.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <optional>

// False alarm of g++ 12 on the pair of functions by which Asio allocates and frees coroutine
// frames.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace common {

namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t head_limit = 64 * 1024;
/// How long to wait for an unwanted body so that its connection can be used again.
constexpr Millis unwanted_body_wait{1'000};

std::string show_size(std::size_t bytes) {
    return bytes % 1024 == 0 ? std::to_string(bytes / 1024) + " KiB"
                             : std::to_string(bytes) + " bytes";
}

/// Parses a response straight into a reply, and keeps no more of its body than is wanted.
class ResponseReader final : public http::basic_parser<false> {
  public:
    explicit ResponseReader(const HttpRequest& request)
        : wanted_{request.body_wanted}, limit_{request.body_limit} {
        skip(request.method == "HEAD");
        header_limit(head_limit);
        body_limit(boost::none); // Beast's limit would fail a long body before its head is done
    }

    HttpReply reply;
    [[nodiscard]] bool over_limit() const { return over_limit_; }
    [[nodiscard]] std::size_t body_size() const { return size_; }

  private:
    using View = boost::beast::string_view;

    void on_request_impl(http::verb, View, View, int, error_code&) override {}
    void on_response_impl(int code, View, int, error_code& failed) override {
        reply.status = static_cast<unsigned>(code);
        if (reply.status < 100) {
            failed = http::error::bad_status;
        }
    }
    void on_field_impl(http::field, View name, View value, error_code&) override {
        if (!in_body_) {
            reply.headers.push_back(Header{name, value});
        }
    }
    void on_header_impl(error_code&) override { in_body_ = true; }
    void on_body_init_impl(const boost::optional<std::uint64_t>& length,
                           error_code& failed) override {
        if (wanted_ && length && *length > limit_) {
            refuse(failed);
        } else if (wanted_ && length) {
            reply.body.reserve(static_cast<std::size_t>(*length));
        }
    }
    std::size_t on_body_impl(View part, error_code& failed) override {
        if (part.size() > limit_ - size_) {
            refuse(failed);
            return 0;
        }
        size_ += part.size();
        if (wanted_) {
            reply.body.append(part);
        }
        return part.size();
    }
    void on_chunk_header_impl(std::uint64_t, View, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, View part, error_code& failed) override {
        return on_body_impl(part, failed);
    }
    void on_finish_impl(error_code&) override {}

    void refuse(error_code& failed) {
        over_limit_ = true;
        failed = http::error::body_limit;
    }

    bool wanted_;
    std::size_t limit_;
    std::size_t size_ = 0;
    bool in_body_ = false;
    bool over_limit_ = false;
};

/// The state of one call of exchange().
class Exchange {
  public:
    Exchange(ClientConnection& connection, const HttpRequest& request, std::string_view head)
        : connection_{connection}, request_{request}, head_{head} {}

    Task<Result<HttpReply>> run();

    [[nodiscard]] bool no_response() const { return no_response_; }
    [[nodiscard]] bool is_reusable() const {
        return !write_failed_ && reader_ && reader_->is_done() && reader_->keep_alive() &&
               connection_.received().empty() && !connection_.expired();
    }

  private:
    Task<Result<void>> send();
    Task<Result<void>> read_head();
    Task<Result<void>> read_body();
    error_code feed(bool only_head);
    [[nodiscard]] std::string missing_head(error_code failed) const;
    [[nodiscard]] std::string broken_body(error_code failed) const;

    ClientConnection& connection_;
    const HttpRequest& request_;
    std::string_view head_;
    std::optional<ResponseReader> reader_;
    error_code write_failed_;
    bool received_any_ = false;
    bool no_response_ = false;
};

tl::unexpected<Error> unreachable(std::string message) {
    return fail(Fault::unreachable, std::move(message));
}

Task<Result<HttpReply>> Exchange::run() {
    auto done = co_await send();
    if (done) {
        done = co_await read_head();
    }
    if (done && !reader_->is_done()) {
        done = co_await read_body();
    }
    if (!done) {
        co_return fail(std::move(done.error()));
    }
    co_return std::move(reader_->reply);
}

Task<Result<void>> Exchange::send() {
    // A peer that refuses a body may respond and close before it has read it all. Its response, if
    // there is one, counts more than the failed write.
    write_failed_ = co_await connection_.write(head_, request_.body);
    if (write_failed_ && connection_.expired()) {
        co_return unreachable(timed_out(request_.timeout, "sending the request"));
    }
    if (write_failed_ && !connection_.has_written() && fault_of(write_failed_) == Fault::own) {
        co_return fail(Fault::own, failed_step("write", write_failed_));
    }
    co_return Result<void>{};
}

/// Skips interim responses (RFC 9110, section 15.2).
Task<Result<void>> Exchange::read_head() {
    reader_.emplace(request_);
    for (;;) {
        if (const auto bad = feed(true)) {
            co_return unreachable(bad == http::error::header_limit
                                      ? "read: the head of the response is longer than " +
                                            show_size(head_limit)
                                      : "read: malformed response (" + bad.message() + ")");
        }
        if (reader_->is_header_done()) {
            const auto status = reader_->reply.status;
            if (status == 101) {
                co_return unreachable("read: malformed response (101 without an upgrade request)");
            }
            if (status / 100 != 1) {
                co_return Result<void>{};
            }
            reader_.emplace(request_);
            continue;
        }
        if (const auto failed = co_await connection_.read_some()) {
            no_response_ = !received_any_ && !connection_.expired();
            co_return unreachable(missing_head(failed));
        }
        received_any_ = true;
    }
}

Task<Result<void>> Exchange::read_body() {
    const auto wait =
        request_.body_wanted ? request_.timeout : std::min(request_.timeout, unwanted_body_wait);
    connection_.set_deadline(std::chrono::steady_clock::now() + wait);
    auto failed = feed(false);
    while (!failed && !reader_->is_done()) {
        failed = co_await connection_.read_some();
        if (failed == asio::error::eof) {
            reader_->put_eof(failed); // ends a body without a length; an error for any other
        } else if (!failed) {
            failed = feed(false);
        }
    }
    if (failed && request_.body_wanted) {
        co_return unreachable(broken_body(failed));
    }
    co_return Result<void>{};
}

/// Passes what was received to the reader, up to the end of the head or of the response.
error_code Exchange::feed(bool only_head) {
    const auto received = connection_.received();
    std::size_t used = 0;
    error_code failed;
    while (!failed && used < received.size() && !reader_->is_done() &&
           !(only_head && reader_->is_header_done())) {
        used += reader_->put(asio::buffer(received.substr(used)), failed);
    }
    connection_.consume(used);
    if (failed == http::error::need_more) {
        failed = {};
        if (connection_.received().size() >= head_limit) {
            failed = http::error::header_limit;
        }
    }
    return failed;
}

std::string Exchange::missing_head(error_code failed) const {
    if (connection_.expired()) {
        return timed_out(request_.timeout, "waiting for the response");
    }
    // Under TLS 1.3 a server that refuses the client says so after the handshake. Its alert says
    // more than the failed write.
    if (write_failed_ && !is_tls_error(failed)) {
        return failed_step("write", write_failed_);
    }
    return received_any_ && failed == asio::error::eof
               ? "read: the connection was closed in the middle of the response's head"
               : failed_step("read", failed);
}

std::string Exchange::broken_body(error_code failed) const {
    if (connection_.expired()) {
        return timed_out(request_.timeout, "reading the body of the response");
    }
    if (reader_->over_limit()) {
        return "read: the body of the response is longer than " + show_size(request_.body_limit);
    }
    const auto after = std::to_string(reader_->body_size()) + " bytes";
    return failed == http::error::partial_message
               ? "read: the connection was closed after " + after + " of the body"
               : "read: malformed body after " + after + " (" + failed.message() + ")";
}

} // namespace

Task<ExchangeResult> exchange(ClientConnection& connection, const HttpRequest& request,
                              std::string_view head) {
    Exchange one{connection, request, head};
    auto reply = co_await one.run();
    co_return ExchangeResult{std::move(reply), one.no_response(), one.is_reusable()};
}

} // namespace common
