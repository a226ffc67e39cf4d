// One line an event on stderr: message and key=value fields. Under journald each line carries its
// `<N>` priority. Any thread. Secrets and events never go in here: who logs a URL logs
// Url::shown(), who logs an event logs its id.
#pragma once

#include "common/base/log_level.hpp"

#include <initializer_list>
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

/// Lines below this level are not written. `info` until somebody says otherwise.
void set_level(Level level);

void error(std::string_view message, Fields fields = {});
void warn(std::string_view message, Fields fields = {});
void info(std::string_view message, Fields fields = {});
void debug(std::string_view message, Fields fields = {});

} // namespace common::log
