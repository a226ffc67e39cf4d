// The status page at GET /: one HTML file (agent/status_page.html, compiled in), no external
// resource. Values; any thread.
#pragma once

#include "common/net/http.hpp"

namespace agent {

/// 200 with the page. Its Content-Security-Policy lets run exactly the script and the style that
/// are in the file, by their digests.
common::HttpReply status_page();

} // namespace agent
