// Client: the calls to a FindFace Lite server (login, webhook definitions) with its bearer token:
// one login in flight, renewed before a JWT's `exp` and after a 401, backoff after refusals. Loop
// thread; nothing survives a restart. Also used by the command line.
#pragma once

#include "agent/config/config.hpp"
#include "agent/webhooks/definition_list.hpp"
#include "common/async/clock.hpp"
#include "common/http_client/http_client.hpp"

#include <memory>
#include <string>
#include <vector>

namespace agent::findface {

class Session;

class Client {
  public:
    Client(common::Executor loop, common::Clock& clock, common::HttpClient& client,
           const Config& config);
    ~Client();

    /// The whole list, page by page. Anything that is not a whole, valid list is an error:
    /// Fault::unreachable (no answer, 5xx, broken), Fault::refused (login or permission).
    common::Task<common::Result<std::vector<Definition>>> list();

    /// One call with a body or without: the reply's JSON text. 404: Fault::input. Other refusals
    /// quote the server's message.
    common::Task<common::Result<std::string>> show(std::string id);
    common::Task<common::Result<std::string>> create(std::string definition);
    /// PATCH, and PUT where that is answered 405.
    common::Task<common::Result<std::string>> update(std::string id, std::string definition);
    common::Task<common::Result<void>> remove(std::string id);

    /// The configuration changed: the token is forgotten.
    void forget_login();
    /// Somebody waits for an answer: a refused login is tried again now, though never more than one
    /// a second.
    void retry_login_now();

  private:
    std::shared_ptr<Session> session_; ///< calls under way keep it
};

} // namespace agent::findface
