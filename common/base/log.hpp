// The log: one line per call on stderr, a message and key=value fields; under journald with a `<N>`
// priority in front. Any thread. Never waits for a reader: lines that nobody reads are dropped and
// counted, and the count is told when there is room again. Never log secrets or events: log
// Url::shown() for a URL and the id for an event.
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

void error(std::string_view message, Fields fields = {});
void warn(std::string_view message, Fields fields = {});
void info(std::string_view message, Fields fields = {});
void debug(std::string_view message, Fields fields = {});

} // namespace common::log
