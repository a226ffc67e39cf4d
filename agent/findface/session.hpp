// Session: authorised calls to a FindFace Lite server: its bearer token, one login in flight,
// renewal before a JWT's `exp` and after a 401, backoff after refusals. Loop thread; nothing
// survives a restart. Must outlive the calls under way.
#pragma once

#include "agent/config/config.hpp"
#include "agent/findface/bearer_token.hpp"
#include "common/async/joinable.hpp"
#include "common/http_client/http_client.hpp"

namespace agent::findface {

/// "GET http://host/v1/webhooks/", for messages.
std::string name_of(const common::HttpRequest& request);

class Session {
  public:
    /// The configuration that a call works with from its first byte to its last: a token never goes
    /// to another server.
    struct Terms {
        std::uint64_t generation = 0;
        Config::Server server;
    };

    Session(common::Executor loop, common::Clock& clock, common::HttpClient& client,
            const Config& config);

    [[nodiscard]] Terms terms() const { return {generation_, config_.server}; }
    [[nodiscard]] bool holds(const Terms& terms) const { return terms.generation == generation_; }
    /// The configuration changed: token and backoff are forgotten, earlier terms hold no longer.
    void forget();
    /// The wait after a refused login ends now, though never less than a second after it.
    void retry_now();

    /// A request without authorization to `path` ("/v1/…") below server.url, which must be set; its
    /// path prefix is kept.
    [[nodiscard]] static common::HttpRequest request(const Terms& terms, std::string method,
                                                     const std::string& path);

    /// Sends it with the token, after a login where one is needed. 401: one new login and one
    /// repeat; a second 401, or a login refused, is Fault::refused, and so is every call until the
    /// next login may be tried (after 1 s, doubling to 60 s). Any other status is a reply. `terms`
    /// and `request` must outlive the task.
    common::Task<common::Result<common::HttpReply>> call(const Terms& terms,
                                                         const common::HttpRequest& request);

    /// The error for a reply that was not wanted, without secrets.
    [[nodiscard]] common::Error refusal(const Terms& terms, const std::string& name,
                                        const common::HttpReply& reply) const;

  private:
    using Token = common::Result<std::string>;
    common::Task<Token> log_in(const Terms& terms);
    common::Task<Token> bearer(const Terms& terms);
    void refused(const common::Error& why);

    common::Clock& clock_;
    common::HttpClient& client_;
    const Config& config_;
    std::uint64_t generation_ = 0; ///< counts the changes of the configuration
    std::optional<BearerToken> token_;
    common::Joinable<Token> login_;
    unsigned refusals_ =
        0; ///< logins, or calls with a fresh token, answered no since the last call that was not
    common::Instant no_login_before_{};
    common::Instant refused_at_{};
    common::Error last_refusal_;
};

} // namespace agent::findface
