// Reads the files that the INI file names into values: password, token, signing secrets, headers.
// Blanks at the ends of a line are never part of a secret, in none of them, and warned of.
// Blocking. Errors name file and line but never show the content: those of read_text_file(), and
// Fault::input for content that cannot be used.
#pragma once

#include "common/base/result.hpp"
#include "common/net/http.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace agent {

/// What is accepted and may not be meant: "password.txt:1: the blanks at the ends ...".
using Warnings = std::vector<std::string>;

bool is_utf8(std::string_view text);

/// The first line, which must not be empty.
common::Result<std::string> read_password(const std::string& path, Warnings& warnings);
/// The first line: printable ASCII without spaces, as in a bearer token.
common::Result<std::string> read_token_file(const std::string& path, Warnings& warnings);
/// Lines of `whsec_` and base64 of 24 to 64 bytes (Standard Webhooks 1.0), at least one. Returns
/// the bytes in the file's order.
common::Result<std::vector<std::string>> read_signing_keys(const std::string& path,
                                                           Warnings& warnings);
/// Lines `Name: value`. A header that the agent sets itself is an error.
common::Result<common::Headers> read_header_lines(const std::string& path, Warnings& warnings);

} // namespace agent
