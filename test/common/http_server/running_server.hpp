// RunningServer: a Server on loopback whose loop runs in a thread of its own. Its handler echoes
// what arrived as JSON; some paths do something else (see gate() and serve()).
#pragma once

#include "common/http_server/server.hpp"
#include "common/net/problem.hpp"
#include "test/support/raw_client.hpp"

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/use_future.hpp>
#include <condition_variable>
#include <future>
#include <gtest/gtest.h>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

namespace test {

class RunningServer {
  public:
    using Millis = common::Millis;
    using Server = common::http_server::Server;
    using Options = common::http_server::Options;

    static constexpr std::size_t plenty = std::size_t{256} << 20;

    static Options small() {
        Options options;
        options.max_body = 64 * 1024;
        options.server_name = "test-server";
        return options;
    }

    /// Runs `what(Server&)` or `what()` on the loop and returns its value.
    template <class What> auto on_loop(What what) {
        const auto call = [this, &what] {
            if constexpr (std::is_invocable_v<What, Server&>) {
                return what(*server_);
            } else {
                return what();
            }
        };
        std::packaged_task<decltype(call())()> task{call};
        auto value = task.get_future();
        common::asio::post(loop_, [&task] { task(); });
        return value.get();
    }

    explicit RunningServer(Options options = small(), std::size_t budget = plenty,
                           std::size_t reserve = 0)
        : memory{budget, reserve}, server_{std::in_place, loop_.get_executor(), options, memory,
                                           gate()} {
        port = server_->listen("127.0.0.1:0", "", "").value();
        thread_ = std::thread{[this] { loop_.run(); }};
    }
    RunningServer(const RunningServer&) = delete;
    RunningServer& operator=(const RunningServer&) = delete;
    ~RunningServer() {
        if (!stopped_) {
            release();
            stop(Millis{0});
        }
        on_loop([this] { server_.reset(); });
        busy_.reset();
        thread_.join();
    }

    [[nodiscard]] RawClient client(Millis patience = RawClient::patience) const {
        return RawClient::tcp(port, patience);
    }

    /// A client whose first bytes are there before the server sees the connection, so that no
    /// time-out of the server can pass between the two.
    RawClient client_that_sent(std::string_view bytes) {
        return on_loop([&] {
            auto one = client();
            EXPECT_TRUE(one.send(bytes));
            return one;
        });
    }

    /// Begins stop() on the loop; ready when it has returned.
    std::future<void> begin_stop(Millis grace) {
        stopped_ = true;
        return on_loop([this, grace](Server& server) {
            return common::asio::co_spawn(loop_, server.stop(grace), common::asio::use_future);
        });
    }
    void stop(Millis grace) { begin_stop(grace).get(); }

    /// Lets the handlers that wait in /slow answer.
    void release() {
        on_loop([this] {
            released_ = true;
            slow_.cancel();
        });
    }
    /// Blocks until `n` requests have reached the handler.
    void wait_for_handled(unsigned n) const {
        std::unique_lock lock{counting_};
        counted_.wait(lock, [this, n] { return handled >= n; });
    }

    std::uint16_t port = 0;
    std::atomic<unsigned> handled = 0;  ///< requests that reached the handler
    std::atomic<unsigned> finished = 0; ///< those that left /slow

  private:
    common::http_server::Gate gate() {
        return [this](const common::Incoming& head)
                   -> tl::expected<common::http_server::Handler, common::HttpReply> {
            EXPECT_TRUE(head.body.empty());
            if (head.path == "/forbidden") {
                return tl::unexpected{common::problem(403, "not here")};
            }
            if (head.path == "/gate-throws") {
                throw std::runtime_error{"s3cret"};
            }
            return [this](common::Incoming request) { return serve(std::move(request)); };
        };
    }

    common::Task<common::HttpReply> serve(common::Incoming request) {
        {
            const std::lock_guard lock{counting_};
            ++handled;
        }
        counted_.notify_all();
        if (request.path == "/throw") {
            throw std::runtime_error{"s3cret"};
        }
        if (request.path == "/slow" || request.path == "/stuck") {
            while (!released_ || request.path == "/stuck") {
                try {
                    co_await slow_.async_wait(common::asio::use_awaitable);
                } catch (const boost::system::system_error&) {
                    // Either the timer was cancelled, or this coroutine was: then the loop ends.
                }
                const auto state = co_await common::asio::this_coro::cancellation_state;
                if (state.cancelled() != common::asio::cancellation_type::none) {
                    break;
                }
            }
            ++finished;
        }
        if (request.path == "/large") {
            co_return common::HttpReply{
                200, {{"Content-Type", "text/plain"}}, std::string(32 * 1024 * 1024, 'x')};
        }
        if (request.path == "/empty") {
            co_return common::HttpReply{204, {}, "never sent"};
        }
        if (request.path == "/headers") {
            co_return common::HttpReply{200,
                                        {{"X-Good", "yes"},
                                         {"X-Split", "a\r\nX-Injected: b"},
                                         {"Content-Length", "9999"},
                                         {"connection", "close"}},
                                        "{}"};
        }
        nlohmann::json echo{{"method", request.method},    {"path", request.path},
                            {"query", request.query},      {"body", request.body},
                            {"size", request.body.size()}, {"local", request.local}};
        for (const auto& [name, value] : request.headers) {
            echo["headers"][name] = value;
        }
        co_return common::json_reply(200, echo.dump());
    }

  public:
    common::MemoryBudget memory; ///< on the loop

  private:
    common::asio::io_context loop_{1};
    common::asio::executor_work_guard<common::asio::io_context::executor_type> busy_{
        loop_.get_executor()};
    common::asio::steady_timer slow_{loop_, common::Instant::max()};
    // Not std::atomic::wait: libstdc++ 10, which the portable builds use, does not have it.
    mutable std::mutex counting_;
    mutable std::condition_variable counted_;
    bool released_ = false;
    bool stopped_ = false;
    std::optional<Server> server_;
    std::thread thread_;
};

/// The reply's body as JSON. Expects a reply of 200.
inline nlohmann::json echo_of(const std::optional<RawReply>& reply) {
    EXPECT_TRUE(reply.has_value());
    if (!reply) {
        return {};
    }
    EXPECT_EQ(reply->status, 200U) << reply->head << reply->body;
    return nlohmann::json::parse(reply->body, nullptr, false);
}

/// Expects a problem of that status as RFC 9457 describes it, and returns its detail.
inline std::string expect_problem(const std::optional<RawReply>& reply, unsigned status) {
    EXPECT_TRUE(reply.has_value()) << "no answer where " << status << " was expected";
    if (!reply) {
        return {};
    }
    EXPECT_EQ(reply->status, status) << reply->head << reply->body;
    EXPECT_EQ(reply->header("Content-Type"), "application/problem+json");
    const auto body = nlohmann::json::parse(reply->body, nullptr, false);
    EXPECT_TRUE(body.is_object()) << reply->body;
    EXPECT_EQ(body.value("status", 0U), status);
    EXPECT_EQ(body.value("type", ""), "about:blank");
    EXPECT_FALSE(body.value("title", "").empty());
    EXPECT_FALSE(body.value("detail", "").empty());
    return body.value("detail", "");
}

} // namespace test
