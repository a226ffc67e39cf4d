#include "common/http_client/http_client.hpp"

#include "common/http_client/connection.hpp"
#include "common/http_client/pool.hpp"
#include "common/http_client/request_head.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

// g++ 12 sees through one of the two functions by which Asio takes and gives back a coroutine's
// memory, and calls them a mismatch.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace common {

namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t head_limit = 64 * 1024;
/// How long a body that nobody wants is waited for, so that its connection can be used again.
constexpr Millis unwanted_body_wait{1'000};

std::string show_size(std::size_t bytes) {
    return bytes % 1024 == 0 ? std::to_string(bytes / 1024) + " KiB"
                             : std::to_string(bytes) + " bytes";
}

/// Reads a response straight into a reply, and of its body no more than is wanted.
class ResponseReader final : public http::basic_parser<false> {
  public:
    explicit ResponseReader(const HttpRequest& request)
        : wanted_{request.body_wanted}, limit_{request.body_limit} {
        skip(request.method == "HEAD");
        header_limit(head_limit);
        body_limit(boost::none); // theirs would make a long body an error before its head is done
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

/// One request and its answer on one connection. What it is given outlives it.
class Exchange {
  public:
    Exchange(ClientConnection& connection, const HttpRequest& request, std::string_view head)
        : connection_{connection}, request_{request}, head_{head} {}

    Task<Result<HttpReply>> run();

    /// The connection broke before one byte of the answer came.
    [[nodiscard]] bool was_silent() const { return silent_; }
    /// The answer is whole and the peer means to go on.
    [[nodiscard]] bool is_reusable() const {
        return !write_failed_ && reader_ && reader_->is_done() && reader_->keep_alive() &&
               connection_.received().empty() && !connection_.expired();
    }

  private:
    Task<std::optional<Error>> send();
    Task<std::optional<Error>> read_head();
    Task<std::optional<Error>> read_body();
    error_code feed(bool only_head);
    [[nodiscard]] Error no_answer(error_code failed) const;
    [[nodiscard]] Error broken_body(error_code failed) const;
    [[nodiscard]] static Error error(std::string message) {
        return Error{Fault::unreachable, std::move(message)};
    }

    ClientConnection& connection_;
    const HttpRequest& request_;
    std::string_view head_;
    std::optional<ResponseReader> reader_;
    error_code write_failed_;
    bool heard_ = false;
    bool silent_ = false;
};

Task<Result<HttpReply>> Exchange::run() {
    auto sending = send();
    auto failed = co_await std::move(sending);
    if (!failed) {
        auto head = read_head();
        failed = co_await std::move(head);
    }
    if (!failed && !reader_->is_done()) {
        auto body = read_body();
        failed = co_await std::move(body);
    }
    if (failed) {
        co_return fail(std::move(*failed));
    }
    co_return std::move(reader_->reply);
}

Task<std::optional<Error>> Exchange::send() {
    auto writing = connection_.write(head_, request_.body);
    const auto [failed, size] = co_await std::move(writing);
    if (failed) {
        const auto state = co_await asio::this_coro::cancellation_state;
        stop_if_cancelled(state);
        if (connection_.expired()) {
            co_return error(timed_out(request_.timeout, "sending the request"));
        }
        // A peer that refuses a body may answer and close before it has read it all: the answer, if
        // there is one, counts.
        write_failed_ = failed;
    }
    co_return std::nullopt;
}

/// Interim answers (RFC 9110, section 15.2) are passed over.
Task<std::optional<Error>> Exchange::read_head() {
    reader_.emplace(request_);
    for (;;) {
        if (const auto bad = feed(true)) {
            co_return bad == http::error::header_limit
                ? error("read: the head of the answer is longer than " + show_size(head_limit))
                : error("read: malformed answer (" + bad.message() + ")");
        }
        if (reader_->is_header_done()) {
            const auto status = reader_->reply.status;
            if (status == 101) {
                co_return error("read: malformed answer (101 without being asked)");
            }
            if (status / 100 != 1) {
                co_return std::nullopt;
            }
            reader_.emplace(request_);
            continue;
        }
        auto reading = connection_.read_some();
        const auto [failed, size] = co_await std::move(reading);
        if (failed) {
            const auto state = co_await asio::this_coro::cancellation_state;
            stop_if_cancelled(state);
            silent_ = !heard_ && !connection_.expired();
            co_return no_answer(failed);
        }
        heard_ = true;
    }
}

Task<std::optional<Error>> Exchange::read_body() {
    const auto wait =
        request_.body_wanted ? request_.timeout : std::min(request_.timeout, unwanted_body_wait);
    connection_.set_deadline(std::chrono::steady_clock::now() + wait);
    auto failed = feed(false);
    while (!failed && !reader_->is_done()) {
        auto reading = connection_.read_some();
        const auto moved = co_await std::move(reading);
        failed = std::get<0>(moved);
        if (failed) {
            const auto state = co_await asio::this_coro::cancellation_state;
            stop_if_cancelled(state);
        }
        if (failed == asio::error::eof) {
            reader_->put_eof(failed); // the end of a body without a length, else an error
        } else if (!failed) {
            failed = feed(false);
        }
    }
    if (failed && request_.body_wanted) {
        co_return broken_body(failed);
    }
    co_return std::nullopt;
}

/// Gives the reader what has come, up to the end of the head or of the answer.
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

Error Exchange::no_answer(error_code failed) const {
    if (connection_.expired()) {
        return error(timed_out(request_.timeout, "waiting for the answer"));
    }
    // Under TLS 1.3 a server that refuses the client says so behind the handshake: its alert says
    // more than a write that broke off.
    if (write_failed_ && !is_tls_error(failed)) {
        return error(failed_step("write", write_failed_));
    }
    return error(heard_ && failed == asio::error::eof ? "read: the answer broke off in its head"
                                                      : failed_step("read", failed));
}

Error Exchange::broken_body(error_code failed) const {
    if (connection_.expired()) {
        return error(timed_out(request_.timeout, "reading the body of the answer"));
    }
    if (reader_->over_limit()) {
        return error("read: the body of the answer is longer than " +
                     show_size(request_.body_limit));
    }
    const auto after = std::to_string(reader_->body_size()) + " bytes";
    if (failed == http::error::partial_message) {
        return error("read: the body of the answer broke off after " + after);
    }
    return error("read: the body of the answer is broken after " + after + " (" + failed.message() +
                 ")");
}

} // namespace

struct BeastClient::State {
    State(const Executor& executor, ClientOptions options)
        : user_agent{std::move(options.user_agent)}, pool{std::make_shared<ConnectionPool>(
                                                         executor, options.idle_per_origin,
                                                         options.idle_timeout)},
          dialer{executor, std::move(options.denied), ResolverOptions{std::move(options.lookup)}} {}

    static Task<Result<HttpReply>> send(std::shared_ptr<State> self, HttpRequest request);

    std::string user_agent;
    std::shared_ptr<ConnectionPool> pool;
    Dialer dialer;
};

Task<Result<HttpReply>> BeastClient::State::send(std::shared_ptr<State> self, HttpRequest request) {
    const auto deadline = std::chrono::steady_clock::now() + request.timeout;
    const auto head = request_head(request, self->user_agent);
    if (!head) {
        co_return fail(head.error());
    }
    const auto key = ConnectionPool::key_of(request);
    const auto generation = self->pool->generation();
    auto connection = request.repeatable ? self->pool->take(key) : nullptr;
    for (;;) {
        const bool reused = connection != nullptr;
        if (reused) {
            connection->set_deadline(deadline);
        } else {
            auto dialing = self->dialer.dial(request, deadline);
            auto dialed = co_await std::move(dialing);
            if (!dialed) {
                co_return fail(std::move(dialed.error()));
            }
            connection = std::move(*dialed);
        }
        Exchange exchange{*connection, request, *head};
        auto running = exchange.run();
        auto reply = co_await std::move(running);
        // A peer may close an idle connection in the moment in which it is used. It has nearly
        // always not seen the request then, and whoever sends through this client sends at least
        // once anyway: deliveries carry a webhook-id by which a second one is known.
        if (reused && exchange.was_silent()) {
            connection.reset();
            continue;
        }
        if (exchange.is_reusable()) {
            self->pool->put(key, std::move(connection), generation);
        }
        co_return reply;
    }
}

BeastClient::BeastClient(Executor executor, ClientOptions options)
    : state_{std::make_shared<State>(executor, std::move(options))} {}

BeastClient::~BeastClient() {
    state_->pool->clear(0, Millis{0});
    state_->dialer.close();
}

Task<Result<HttpReply>> BeastClient::send(HttpRequest request) {
    return State::send(state_, std::move(request));
}

void BeastClient::set_options(ClientOptions options) {
    state_->user_agent = std::move(options.user_agent);
    state_->pool->clear(options.idle_per_origin, options.idle_timeout);
    state_->dialer.renew(std::move(options.denied), ResolverOptions{std::move(options.lookup)});
}

} // namespace common
