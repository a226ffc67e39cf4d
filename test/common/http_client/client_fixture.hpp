// For the tests of the client: a PooledClient on a loop of its own, and peers that behave worse
// than ScriptedServer can.
#pragma once

#include "common/http_client/connection.hpp"
#include "common/http_client/http_client.hpp"
#include "test/support/scripted_server.hpp"
#include "test/support/test_clock.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <future>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace test {

using Reply = common::Result<common::HttpReply>;

/// The reply in one line: "200 body", or the error's message.
inline std::string text_of(const Reply& reply) {
    return reply ? std::to_string(reply->status) + " " + reply->body : reply.error().message;
}

/// The behaviour of a ScriptedServer that has nothing to complain of.
inline Answer ok(const Seen&) {
    return Answer{200, {}, "fine"};
}

/// For texts that are addresses.
inline common::AddressBytes address(std::string_view text) {
    return *common::parse_address(text);
}

/// Listens and never accepts, so that connections succeed and get no response. With `full` its
/// backlog is full, so that connecting hangs.
class SilentPeer {
  public:
    explicit SilentPeer(bool full = false, const char* address = "127.0.0.1",
                        std::uint16_t port = 0) {
        sockaddr_in here{};
        here.sin_family = AF_INET;
        here.sin_port = htons(port);
        ::inet_pton(AF_INET, address, &here.sin_addr);
        const int on = 1;
        ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        socklen_t size = sizeof here;
        if (::bind(listener_, reinterpret_cast<const sockaddr*>(&here), size) != 0 ||
            ::listen(listener_, full ? 0 : 16) != 0 ||
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&here), &size) != 0) {
            throw std::system_error{errno, std::generic_category(), "silent peer"};
        }
        port_ = ntohs(here.sin_port);
        for (int i = 0; full && i < 8; ++i) {
            fillers_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
            ::connect(fillers_.back(), reinterpret_cast<const sockaddr*>(&here), sizeof here);
        }
    }
    ~SilentPeer() {
        for (const int one : fillers_) {
            ::close(one);
        }
        ::close(listener_);
    }
    SilentPeer(const SilentPeer&) = delete;
    SilentPeer& operator=(const SilentPeer&) = delete;

    [[nodiscard]] int listener() const { return listener_; }
    [[nodiscard]] std::string url(std::string_view scheme = "http") const {
        return std::string{scheme} + "://127.0.0.1:" + std::to_string(port_) + "/";
    }

  private:
    int listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    std::uint16_t port_ = 0;
    std::vector<int> fillers_;
};

/// Resolves the names that it is given without DNS. "hang.test" hangs until the object is
/// destroyed.
class FakeDns {
  public:
    common::NameLookup lookup(std::map<std::string, common::Addresses> known = {}) {
        return [known = std::move(known),
                over = over_](const std::string& name) -> common::Result<common::Addresses> {
            if (name == "hang.test") {
                over.wait();
            }
            const auto one = known.find(name);
            if (one == known.end()) {
                return common::fail(common::Fault::unreachable, "resolve: no such host name");
            }
            return one->second;
        };
    }
    ~FakeDns() { done_.set_value(); }

  private:
    std::promise<void> done_;
    std::shared_future<void> over_ = done_.get_future().share();
};

class ClientTest : public testing::Test {
  protected:
    static common::HttpRequest get(const std::string& url) {
        common::HttpRequest request;
        request.url = *common::parse_url(url);
        request.timeout = std::chrono::minutes{1}; // for what must succeed on a busy machine
        return request;
    }
    static common::HttpRequest post(const std::string& url, std::string body) {
        auto request = get(url);
        request.method = "POST";
        request.body = std::move(body);
        return request;
    }

    void make_client(common::ClientOptions options = {}) {
        if (!options.lookup) {
            options.lookup = names.lookup();
        }
        client = std::make_unique<common::PooledClient>(loop.get_executor(), std::move(options));
    }

    Reply send(common::HttpRequest request) {
        if (!client) {
            make_client();
        }
        return run(loop, client->send(std::move(request)));
    }
    std::string text(common::HttpRequest request) { return text_of(send(std::move(request))); }
    std::string text(const std::string& url) { return text(get(url)); }
    /// Expects the request to run into its limit while it is `doing` that. A busy machine may need
    /// longer than a short limit to come so far: the limit is doubled until it does.
    Reply expect_time_out(common::HttpRequest request, const std::string& doing) {
        auto limit = shortest_limit;
        for (;; limit *= 2) {
            request.timeout = limit;
            auto reply = send(request);
            const bool as_expected = text_of(reply) == common::timed_out(limit, doing);
            if (as_expected || limit > longest_limit) {
                EXPECT_EQ(text_of(reply), common::timed_out(limit, doing));
                EXPECT_TRUE(reply || reply.error().cause == common::Cause::timeout);
                return reply;
            }
        }
    }

    static constexpr common::Millis shortest_limit{100}, longest_limit{10'000};

    FakeDns names;
    common::asio::io_context loop;
    std::unique_ptr<common::PooledClient> client;
};

} // namespace test
