// Client: calls to a FindFace Lite server (login, webhook definitions) with its bearer token: one
// login in flight, renewed before a JWT's `exp` and after a refusal, backoff after that. Loop
// thread; nothing survives a restart. The command line uses it too.
//
// This folder is everything that talks to the FindFace Lite server. It uses agent/config,
// agent/webhooks and common/http_client; it knows neither the database nor the queue.
#pragma once

#include "agent/config/config.hpp"
#include "agent/webhooks/definition_list.hpp"
#include "common/async/clock.hpp"
#include "common/base/backoff.hpp"
#include "common/http_client/http_client.hpp"

#include <memory>
#include <string>
#include <vector>

namespace agent::findface {

class Session;

/// The whole list as it was read.
struct FetchedList {
    std::vector<Definition> definitions;
    std::string doubt; ///< why it may go on all the same, as of doubt_of_end(); usually empty
};

/// What the server says of one webhook by itself.
enum class Presence {
    there,
    gone,
    unsaid, ///< it has no such call, or answers something else
};

class Client {
  public:
    /// `chance` decides the jitter of the waits after refused logins.
    Client(common::Executor loop, common::Clock& clock, common::HttpClient& client,
           const Config& config, common::Chance chance = common::random_chance());
    ~Client();

    /// Logs in and asks for nothing else; server.url must be set. The calls that follow do not log
    /// in again.
    common::Task<common::Result<void>> log_in();
    /// Fetches the whole list, page by page. Anything but a whole, valid list is an error:
    /// Fault::unreachable (no answer, 5xx, broken) or Fault::refused (login or permission).
    common::Task<common::Result<FetchedList>> fetch_list();
    /// The definitions of fetch_list() alone.
    common::Task<common::Result<std::vector<Definition>>> list();
    /// Asks for the webhook with this key. Errors are those of fetch_list(): the server did not
    /// answer the question.
    common::Task<common::Result<Presence>> presence(std::string key);

    /// These return the JSON text of the reply. Errors quote the server's message; a 404 is
    /// Fault::input.
    common::Task<common::Result<std::string>> show(std::string id);
    common::Task<common::Result<std::string>> create(std::string definition);
    /// Uses PATCH, and PUT if the server answers that with 405.
    common::Task<common::Result<std::string>> update(std::string id, std::string definition);
    common::Task<common::Result<void>> remove(std::string id);

    /// The configuration changed: forgets the token and the wait after a refused login.
    void forget_login();
    /// A user is waiting: ends the wait after a refused login, except for its first second and what
    /// the server asked for (Retry-After).
    void retry_login_now();

  private:
    std::shared_ptr<Session> session_; ///< kept alive by the calls under way
};

} // namespace agent::findface
