// What a command reads and prints: input files, errors, tables and times for people.
#pragma once

#include "common/base/result.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace agent {

// What others wrote is made printable() wherever people see it; the JSON of --json stays exact.
/// Prints "ffl-agent: message" as one line on stderr and returns the exit code.
int complain(int code, std::string_view message);
int complain(const common::Error& error);

/// The content of a file; "-" is standard input. Fault::storage when it cannot be read.
common::Result<std::string> read_input(const std::string& file);

/// A table on stdout; the first row is the heading.
void print_table(const std::vector<std::vector<std::string>>& rows);
/// An age or a wait in seconds: "3s", "5m 10s", "2h 5m", "-" for null.
std::string show_seconds(const nlohmann::json& seconds);
/// A reason for a cell of a table: without the long lists of what is known, and cut where it is
/// longer than a line. The whole stands in --json and in `webhook show`.
std::string short_reason(const std::string& reason);
/// The printable() text of a value that may be null or empty.
std::string text_or(const nlohmann::json& value, const std::string& otherwise);

/// The text under that key; empty if there is none, or something else.
std::string text_in(const nlohmann::json& object, const char* key);

} // namespace agent
