#include "common/http_client/http_client.hpp"

#include "common/http_client/dialer.hpp"
#include "common/http_client/exchange.hpp"
#include "common/http_client/pool.hpp"
#include "common/http_client/request_head.hpp"

namespace common {

struct PooledClient::State {
    State(const Executor& executor, ClientOptions options)
        : user_agent{std::move(options.user_agent)}, pool{std::make_shared<ConnectionPool>(
                                                         executor, options.idle_per_origin,
                                                         options.idle_timeout)},
          dialer{executor, std::move(options.denied), ResolverOptions{std::move(options.lookup)},
                 options.next_address_after} {
        dialer.set_veto(std::move(options.veto));
    }

    static Task<Result<HttpReply>> send(std::shared_ptr<State> self, HttpRequest request);
    void keep(const std::string& key, std::shared_ptr<ClientConnection> connection,
              std::uint64_t generation, const ExchangeResult& result, bool reused);

    std::string user_agent;
    std::shared_ptr<ConnectionPool> pool;
    Dialer dialer;
};

Task<Result<HttpReply>> PooledClient::State::send(std::shared_ptr<State> self,
                                                  HttpRequest request) {
    const auto deadline = std::chrono::steady_clock::now() + request.timeout;
    const auto head = request_head(request, self->user_agent);
    if (!head) {
        co_return fail(head.error());
    }
    const auto key = ConnectionPool::key_of(request);
    const auto generation = self->pool->generation();
    auto connection = request.kept == KeptConnection::none
                          ? nullptr
                          : self->pool->acquire(key, std::chrono::steady_clock::now());
    if (connection) {
        connection->set_deadline(deadline);
        auto result = co_await exchange(*connection, request, *head);
        if (result.broke == ExchangeResult::Broke::no) {
            self->keep(key, std::move(connection), generation, result, true);
            co_return std::move(result.reply);
        }
        // What ended this connection has most likely ended the others, too.
        self->pool->note_break(key, std::chrono::steady_clock::now());
        // What is sent again here nobody counts: a delivery's attempt is one request at most.
        if (result.broke == ExchangeResult::Broke::silent &&
            request.kept != KeptConnection::repeat) {
            result.reply.error().message += " (on a connection kept from an earlier request)";
            co_return std::move(result.reply);
        }
    }
    auto dialed = co_await self->dialer.dial(request, deadline);
    if (!dialed) {
        co_return fail(std::move(dialed.error()));
    }
    connection = std::move(*dialed);
    auto result = co_await exchange(*connection, request, *head);
    self->keep(key, std::move(connection), generation, result, false);
    co_return std::move(result.reply);
}

void PooledClient::State::keep(const std::string& key, std::shared_ptr<ClientConnection> connection,
                               std::uint64_t generation, const ExchangeResult& result,
                               bool reused) {
    if (result.reusable && result.reply) {
        pool->put_back(key, std::move(connection), generation, result.reply->headers, reused,
                       std::chrono::steady_clock::now());
    }
}

PooledClient::PooledClient(Executor executor, ClientOptions options)
    : state_{std::make_shared<State>(executor, std::move(options))} {}

PooledClient::~PooledClient() {
    state_->pool->clear(0, Millis{0});
    state_->dialer.close();
}

Task<Result<HttpReply>> PooledClient::send(HttpRequest request) {
    return State::send(state_, std::move(request));
}

const CertificateEnds& PooledClient::certificate_ends() const {
    return state_->dialer.certificate_ends();
}

void PooledClient::set_options(ClientOptions options) {
    state_->user_agent = std::move(options.user_agent);
    state_->pool->clear(options.idle_per_origin, options.idle_timeout);
    state_->dialer.set_options(std::move(options.denied),
                               ResolverOptions{std::move(options.lookup)},
                               options.next_address_after);
    state_->dialer.set_veto(std::move(options.veto));
}

} // namespace common
