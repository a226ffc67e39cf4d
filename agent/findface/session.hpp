// Session: authorised calls to a FindFace Lite server: its bearer token, one login in flight,
// renewal before a JWT's `exp` and after a 401, backoff after refusals. Loop thread; nothing
// survives a restart. Must outlive the calls under way.
#pragma once

#include "agent/config/config.hpp"
#include "agent/findface/bearer_token.hpp"
#include "common/async/joinable.hpp"
#include "common/base/backoff.hpp"
#include "common/http_client/http_client.hpp"

#include <memory>

namespace agent::findface {

/// The request as messages name it: "GET http://host/v1/webhooks/".
std::string name_of(const common::HttpRequest& request);

class Session {
  public:
    /// The configuration that one call keeps from beginning to end, so that a token never goes to
    /// another server.
    struct Terms {
        std::uint64_t generation = 0;
        Config::Server server;
    };

    Session(common::Executor loop, common::Clock& clock, common::HttpClient& client,
            const Config& config, common::Chance chance);

    [[nodiscard]] Terms terms() const { return {generation_, config_.server}; }
    [[nodiscard]] bool current(const Terms& terms) const { return terms.generation == generation_; }
    /// The configuration changed: forgets token and backoff; earlier terms are no longer current.
    void forget_login();
    /// Ends the wait after a refused login, except for its first second and what the server asked
    /// for.
    void retry_login_now();

    /// A request without authorization to `path` ("/v1/…") below server.url, which must be set and
    /// may have a path itself.
    [[nodiscard]] static common::HttpRequest request(const Terms& terms, std::string method,
                                                     const std::string& path);

    /// Logs in, unless there is a token that is still good; server.url must be set. Errors: those
    /// of call() about the login.
    static common::Task<common::Result<void>> authorise(std::shared_ptr<Session> self);

    /// Sends the request with the token, after a login if needed. On a 401 it logs in once more and
    /// repeats the request once. A second 401, or a refused login, is the error of refusal(), and
    /// so is every call until the next login may be tried (after 1 s, doubling to 60 s, with
    /// jitter, or after what Retry-After asks for). On another reply that a new login may mend, a
    /// token of an earlier call is renewed and the request repeated once, after failures no more
    /// often than that. A 307 or 308 to the same scheme, host and port is followed, twice at most.
    /// Any other status is a reply. `terms` and `request` must outlive the task.
    common::Task<common::Result<common::HttpReply>> call(const Terms& terms,
                                                         const common::HttpRequest& request);

    /// The error for an unwanted reply, without secrets.
    [[nodiscard]] common::Error refusal(const Terms& terms, const std::string& name,
                                        const common::HttpReply& reply) const;

  private:
    using Token = common::Result<std::string>;
    /// The outcome of a login.
    struct Login {
        Token token;
        bool refused = false;   ///< the server answered, and not with a token
        common::Millis wait{0}; ///< what it asks for before the next one
    };
    common::Task<common::Result<common::HttpReply>> send(common::HttpRequest request);
    common::Task<Login> log_in(const Terms& terms);
    [[nodiscard]] Login refused_login(common::Error error, const common::HttpReply& reply) const;
    common::Task<Token> valid_token(const Terms& terms);
    /// Whether a new login may mend a refusal other than 401. `fresh`: the token is of this call.
    bool renewal_due(bool fresh, bool repeated);
    void note_refusal(const common::Error& why, common::Millis wait = common::Millis{0});

    common::Clock& clock_;
    common::HttpClient& client_;
    const Config& config_;
    common::Chance chance_;
    std::uint64_t generation_ = 0; ///< counts the changes of the configuration
    std::optional<BearerToken> token_;
    common::Joinable<Token> login_;
    std::uint32_t refusals_ = 0; ///< of logins or fresh tokens, since the last accepted call
    common::Instant no_login_before_{};
    common::Instant refused_at_{};
    common::Millis asked_wait_{0}; ///< by the server, from refused_at_ on; no user shortens it
    common::Error last_refusal_;
    std::uint32_t renewals_ = 0; ///< that mended nothing, since the last one that did
    common::Instant no_renewal_before_{};
};

} // namespace agent::findface
