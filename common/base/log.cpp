#include "common/base/log.hpp"

#include "common/base/ascii.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

// Header-only, so that the device needs no shared spdlog or fmt. The level names are those of the
// configuration; the short ones are the priorities of sd-daemon(3).
#define FMT_HEADER_ONLY
#define SPDLOG_HEADER_ONLY
#define SPDLOG_LEVEL_NAMES                                                                         \
    { "trace", "debug", "info", "warn", "error", "critical", "off" }
#define SPDLOG_SHORT_LEVEL_NAMES                                                                   \
    { "<7>", "<7>", "<6>", "<4>", "<3>", "<2>", "" }
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace common::log {

namespace {

// A terminal inside a systemd session inherits JOURNAL_STREAM, but its lines do not go to journald.
bool read_by_journald() {
    return std::getenv("JOURNAL_STREAM") != nullptr && ::isatty(STDERR_FILENO) == 0;
}

spdlog::logger& logger() {
    static spdlog::logger instance = [] {
        spdlog::logger created{"ffl-agent", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
        const char* pattern = read_by_journald() ? "%L%l %v" : "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
        created.set_formatter(std::make_unique<spdlog::pattern_formatter>(
            pattern, spdlog::pattern_time_type::utc, "\n"));
        created.set_level(spdlog::level::info);
        created.flush_on(spdlog::level::trace);
        return created;
    }();
    return instance;
}

bool is_control(unsigned char byte) {
    return byte < 0x20 || byte == 0x7f;
}

// Escapes control characters, so that no value from a peer can begin a new line or control a
// terminal (terminals obey C1 characters too).
void append_escaped(std::string& line, std::string_view text, bool quoted) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        const bool c1 = begins_with_c1(text.substr(at));
        if (byte == '\n') {
            line += "\\n";
        } else if (byte == '\r') {
            line += "\\r";
        } else if (byte == '\t') {
            line += "\\t";
        } else if (is_control(byte) || c1) {
            std::array<char, 8> escape{};
            const auto code = c1 ? static_cast<unsigned char>(text[++at]) : byte;
            std::snprintf(escape.data(), escape.size(), "\\x%02x", static_cast<unsigned>(code));
            line += escape.data();
        } else {
            if (quoted && (byte == '"' || byte == '\\')) {
                line += '\\';
            }
            line += text[at];
        }
    }
}

bool needs_quotes(std::string_view value) {
    for (const char c : value) {
        if (c == ' ' || c == '"' || c == '=' || c == '\\' ||
            is_control(static_cast<unsigned char>(c))) {
            return true;
        }
    }
    return value.empty();
}

void write(spdlog::level::level_enum level, std::string_view message, Fields fields) {
    if (!logger().should_log(level)) {
        return;
    }
    std::string line;
    append_escaped(line, message, false);
    for (const auto& field : fields) {
        line += ' ';
        append_escaped(line, field.key, false);
        line += '=';
        const bool quoted = needs_quotes(field.value);
        line += quoted ? "\"" : "";
        append_escaped(line, field.value, quoted);
        line += quoted ? "\"" : "";
    }
    logger().log(level, spdlog::string_view_t{line.data(), line.size()});
}

} // namespace

void set_level(Level level) {
    constexpr std::array levels{spdlog::level::err, spdlog::level::warn, spdlog::level::info,
                                spdlog::level::debug};
    logger().set_level(levels.at(static_cast<std::size_t>(level)));
}

void error(std::string_view message, Fields fields) {
    write(spdlog::level::err, message, fields);
}
void warn(std::string_view message, Fields fields) {
    write(spdlog::level::warn, message, fields);
}
void info(std::string_view message, Fields fields) {
    write(spdlog::level::info, message, fields);
}
void debug(std::string_view message, Fields fields) {
    write(spdlog::level::debug, message, fields);
}

} // namespace common::log
