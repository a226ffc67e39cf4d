// Router: who may call what (contract section 5): which paths TCP serves, the bearer token, 404 and
// 405; then hands the request to ingest or control. Loop thread.
#pragma once

#include "agent/api/control.hpp"
#include "agent/api/ingest.hpp"
#include "agent/config/config.hpp"
#include "common/http_server/http_server.hpp"

namespace agent {

class Router {
  public:
    /// All three outlive the router; `config` is read at each request (SIGHUP may change the
    /// token).
    Router(Ingest& ingest, Control& control, const Config& config);
    /// By the head alone, before the body is read: 401, 403, 404, 405, 415.
    [[nodiscard]] std::optional<common::HttpReply> refuse(const common::Incoming& head) const;
    /// Answers the request. It asks refuse() itself, so nothing is open that a server forgot to ask
    /// for.
    common::Task<common::HttpReply> handle(common::Incoming request);

  private:
    [[nodiscard]] bool has_token(const common::Incoming& head) const;

    Ingest& ingest_;
    Control& control_;
    const Config& config_;
};

} // namespace agent
