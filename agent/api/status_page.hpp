// The status page at GET /: one HTML file without external resources, joined from agent/api/page
// at build time and compiled in. Values; any thread.
#pragma once

#include "common/net/http.hpp"

namespace agent {

/// 200 with the page. Its Content-Security-Policy allows only the script and the style of the file,
/// by their digests.
common::HttpReply status_page();

} // namespace agent
