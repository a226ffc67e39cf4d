// The log: one line per call on stderr, a message and key=value fields; under journald with a `<N>`
// priority in front, or after use_journal() as an entry with these fields. Any thread. Never waits
// for a reader: lines that nobody reads are dropped and counted, and the count is told when there
// is room again. Never log secrets or events: log Url::shown() for a URL and the id for an event.
#pragma once

#include "common/base/log_level.hpp"

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace common::log {

struct Field {
    std::string_view key;
    std::string value;
    Field(std::string_view k, std::string v) : key{k}, value{std::move(v)} {}
    Field(std::string_view k, std::string_view v) : key{k}, value{v} {}
    Field(std::string_view k, const char* v) : key{k}, value{v} {}
    Field(std::string_view k, long long v) : key{k}, value{std::to_string(v)} {}
    Field(std::string_view k, unsigned long long v) : key{k}, value{std::to_string(v)} {}
    Field(std::string_view k, long v) : Field{k, static_cast<long long>(v)} {}
    Field(std::string_view k, unsigned long v) : Field{k, static_cast<unsigned long long>(v)} {}
    Field(std::string_view k, int v) : Field{k, static_cast<long long>(v)} {}
    Field(std::string_view k, unsigned v) : Field{k, static_cast<unsigned long long>(v)} {}
};
using Fields = std::initializer_list<Field>;

/// Less severe lines are not written. `info` until this is called.
void set_level(Level level);
Level level();
/// "debug"; and back, nothing for another word.
std::string_view to_string(Level level);
std::optional<Level> parse_level(std::string_view name);
/// Whether lines of that level are written, for those that cost something to put together.
bool writes(Level level);

/// Where journald reads stderr, lines go to its socket from now on, as entries: MESSAGE is the
/// whole line, and the fields beside it are WEBHOOK, DELIVERY, EVENT and FFL_KEY for any other key,
/// with the value as it is. A line that journald does not take that way goes to stderr as before.
/// Once, and not before the process is there to stay: journald asks the kernel for the unit of
/// whoever sends to its socket, and one that has ended by then has none; what comes by stderr has
/// its unit.
void use_journal(std::string_view socket = "/run/systemd/journal/socket");

void error(std::string_view message, Fields fields = {});
void warn(std::string_view message, Fields fields = {});
void info(std::string_view message, Fields fields = {});
void debug(std::string_view message, Fields fields = {});

} // namespace common::log
