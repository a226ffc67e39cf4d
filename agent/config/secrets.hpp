// The files that the INI names, read into values: password, token, signing secrets, header lines.
// Pure. Errors (Fault::config) name file and line and never what stands there.
#pragma once

#include "common/base/result.hpp"
#include "common/net/http.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace agent {

bool is_utf8(std::string_view text);

/// The first line; must not be empty.
common::Result<std::string> read_password(const std::string& path);
/// The first line; printable ASCII without spaces, as a bearer token is.
common::Result<std::string> read_token_file(const std::string& path);
/// Lines `whsec_` + base64 of 24 to 64 bytes (Standard Webhooks 1.0); gives the bytes in the file's
/// order. At least one.
common::Result<std::vector<std::string>> read_signing_keys(const std::string& path);
/// Lines `Name: value`. Headers that the agent sets itself are refused.
common::Result<common::Headers> read_header_lines(const std::string& path);
/// Whether it is a file that can be read.
common::Result<void> check_readable(const std::string& path);

} // namespace agent
