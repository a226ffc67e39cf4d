// The router: who may call what (contract section 5). It decides by a request's head which
// names and paths TCP serves, the bearer token, loops, 404, 405 and 415, and hands the request to
// ingest or control. Loop thread.
#pragma once

#include "agent/api/control.hpp"
#include "agent/api/ingest.hpp"
#include "agent/config/config.hpp"
#include "common/http_server/handler.hpp"

namespace agent {

/// The handler of the request, or the reply that refuses it before its body is read: 401, 403, 404,
/// 405, 415, 421 or 508. `config` is read at each request (SIGHUP may change the token). `ingest`
/// and `control` outlive the handler.
tl::expected<common::http_server::Handler, common::HttpReply>
route(const common::Incoming& head, Ingest& ingest, Control& control, const Config& config);

} // namespace agent
