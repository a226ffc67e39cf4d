// Reads the files that the INI file names into values: password, token, signing secrets, headers.
// Blocking. Errors (Fault::config) name file and line but never show the content.
#pragma once

#include "common/base/result.hpp"
#include "common/net/http.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace agent {

bool is_utf8(std::string_view text);

/// The first line, which must not be empty.
common::Result<std::string> read_password(const std::string& path);
/// The first line: printable ASCII without spaces, as in a bearer token.
common::Result<std::string> read_token_file(const std::string& path);
/// Lines of `whsec_` and base64 of 24 to 64 bytes (Standard Webhooks 1.0), at least one. Returns
/// the bytes in the file's order.
common::Result<std::vector<std::string>> read_signing_keys(const std::string& path);
/// Lines `Name: value`. A header that the agent sets itself is an error.
common::Result<common::Headers> read_header_lines(const std::string& path);
/// An error unless the path is a readable file.
common::Result<void> check_readable(const std::string& path);

} // namespace agent
