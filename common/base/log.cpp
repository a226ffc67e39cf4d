#include "common/base/log.hpp"

#include "common/base/journal.hpp"
#include "common/base/printable.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
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
#include <spdlog/sinks/base_sink.h>

namespace common::log {

namespace {

constexpr const char* identifier = "ffl-agent";

// A terminal inside a systemd session inherits JOURNAL_STREAM, but its lines do not go to journald.
bool read_by_journald() {
    return std::getenv("JOURNAL_STREAM") != nullptr && ::isatty(STDERR_FILENO) == 0;
}

/// stderr, but never waiting for whoever reads it: what does not fit is dropped and counted, and
/// the count is told once there is room again. stderr itself stays blocking, because other
/// processes share it.
class Sink final : public spdlog::sinks::base_sink<std::mutex> {
  public:
    /// Writes what could not be written before, if there is room now.
    void catch_up() {
        if (is_behind_) {
            const std::lock_guard lock{mutex_};
            (void)has_caught_up();
            note_behind();
        }
    }

  protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        if (!has_caught_up()) {
            ++dropped_;
        } else {
            rest_.assign(line.data(), line.size());
            if (!write_rest() && rest_.size() == line.size()) {
                rest_.clear();
                ++dropped_;
            }
        }
        note_behind();
    }
    void flush_() override {}

  private:
    /// Writes the rest of an earlier line, and how many were dropped. Returns whether there is room
    /// for the next one.
    bool has_caught_up() {
        if (!write_rest()) {
            return false;
        }
        if (dropped_ == 0) {
            return true;
        }
        const auto text =
            std::to_string(dropped_) + " lines of the log were dropped, because nobody read them";
        spdlog::memory_buf_t told;
        formatter_->format(
            spdlog::details::log_msg{identifier, spdlog::level::warn, spdlog::string_view_t{text}},
            told);
        rest_.assign(told.data(), told.size());
        const bool written = write_rest();
        if (rest_.size() == told.size()) {
            rest_.clear(); // not begun: told with a larger count later
            return false;
        }
        dropped_ = 0;
        return written;
    }

    void note_behind() { is_behind_ = dropped_ > 0 || !rest_.empty(); }

    /// Writes what it can of a line that was begun. Returns whether nothing of it is left.
    bool write_rest() {
        while (!rest_.empty()) {
            const auto written = write_now(rest_);
            if (written < 0) {
                return false;
            }
            rest_.erase(0, static_cast<std::size_t>(written));
        }
        return true;
    }

    /// The bytes written, 0 < n; or -1 when it would have to wait. What can never be written counts
    /// as written.
    static ssize_t write_now(const std::string& text) {
        struct stat kind {};
        pollfd ready{STDERR_FILENO, POLLOUT, 0};
        if (::fstat(STDERR_FILENO, &kind) != 0) {
            return static_cast<ssize_t>(text.size());
        }
        if (::poll(&ready, 1, 0) != 1 && !S_ISREG(kind.st_mode)) {
            return -1;
        }
        ssize_t written = 0;
        do {
            if (S_ISSOCK(kind.st_mode)) {
                written =
                    ::send(STDERR_FILENO, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            } else {
                // A pipe that poll() calls ready takes PIPE_BUF bytes; a terminal takes less.
                const std::size_t piece = S_ISREG(kind.st_mode)    ? text.size()
                                          : S_ISFIFO(kind.st_mode) ? std::size_t{PIPE_BUF}
                                                                   : 256;
                written = ::write(STDERR_FILENO, text.data(), std::min(piece, text.size()));
            }
        } while (written < 0 && errno == EINTR);
        if (written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return -1;
        }
        return written <= 0 ? static_cast<ssize_t>(text.size()) : written;
    }

    std::string rest_; // of a line that was begun
    std::size_t dropped_ = 0;
    std::atomic<bool> is_behind_ = false; // whether there is a rest, or lines were dropped
};

Sink& sink() {
    static Sink instance;
    return instance;
}

spdlog::logger& logger() {
    static spdlog::logger instance = [] {
        // The sink outlives every logger.
        spdlog::logger created{identifier, std::shared_ptr<Sink>{&sink(), [](Sink*) {}}};
        const char* pattern = read_by_journald() ? "%L%l %v" : "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
        created.set_formatter(std::make_unique<spdlog::pattern_formatter>(
            pattern, spdlog::pattern_time_type::utc, "\n"));
        created.set_level(spdlog::level::info);
        created.flush_on(spdlog::level::trace);
        return created;
    }();
    return instance;
}

/// No value from a peer can begin a new line or control a terminal.
void append_escaped(std::string& line, std::string_view text, bool quoted) {
    // Quoted first, so that the backslashes of the escapes stay single.
    std::string inner;
    for (const char c : text) {
        if (quoted && (c == '"' || c == '\\')) {
            inner += '\\';
        }
        inner += c;
    }
    line += printable(inner);
}

bool needs_quotes(std::string_view value) {
    return value.empty() || needs_escapes(value) ||
           value.find_first_of(" \"=\\") != std::string_view::npos;
}

// In the order of Level.
constexpr std::array spdlog_levels{spdlog::level::err, spdlog::level::warn, spdlog::level::info,
                                   spdlog::level::debug};
constexpr std::array<std::string_view, 4> level_names{"error", "warn", "info", "debug"};
constexpr std::array<std::string_view, 4> priorities{"3", "4", "6", "7"};

spdlog::level::level_enum spdlog_level(Level level) {
    return spdlog_levels.at(static_cast<std::size_t>(level));
}

/// The name of a field in the journal, where those of all programs meet: only what somebody looks
/// for by name has one without a prefix.
std::string field_name(std::string_view key) {
    constexpr std::array<std::string_view, 3> plain{"webhook", "delivery", "event"};
    std::string name = std::find(plain.begin(), plain.end(), key) == plain.end() ? "FFL_" : "";
    for (const char c : key) {
        name += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    return name;
}

std::atomic<const Journal*> journal = nullptr;

/// Whether journald has taken the line with its fields.
bool is_sent(Level level, std::string_view line, Fields fields) {
    const auto* native = journal.load();
    if (native == nullptr) {
        return false;
    }
    const auto at = static_cast<std::size_t>(level);
    std::string message{level_names.at(at)};
    message += ' ';
    message += line;
    std::string entry;
    append_field(entry, "MESSAGE", message);
    append_field(entry, "PRIORITY", priorities.at(at));
    append_field(entry, "SYSLOG_IDENTIFIER", identifier);
    for (const auto& field : fields) {
        append_field(entry, field_name(field.key), field.value);
    }
    return native->send(entry);
}

void write(Level level, std::string_view message, Fields fields) {
    if (!writes(level)) {
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
    if (is_sent(level, line, fields)) {
        sink().catch_up();
    } else {
        logger().log(spdlog_level(level), spdlog::string_view_t{line.data(), line.size()});
    }
}

} // namespace

void use_journal(std::string_view socket) {
    if (is_read_by_journald(STDERR_FILENO, std::getenv("JOURNAL_STREAM"))) {
        static const Journal native{socket};
        journal = &native;
    }
}

void set_level(Level level) {
    logger().set_level(spdlog_level(level));
}

bool writes(Level level) {
    return logger().should_log(spdlog_level(level));
}

Level level() {
    const auto now = logger().level();
    const auto found = std::find(spdlog_levels.begin(), spdlog_levels.end(), now);
    return static_cast<Level>(found - spdlog_levels.begin());
}

std::string_view to_string(Level level) {
    return level_names.at(static_cast<std::size_t>(level));
}

std::optional<Level> parse_level(std::string_view name) {
    const auto found = std::find(level_names.begin(), level_names.end(), name);
    return found == level_names.end()
               ? std::nullopt
               : std::optional{static_cast<Level>(found - level_names.begin())};
}

void error(std::string_view message, Fields fields) {
    write(Level::error, message, fields);
}
void warn(std::string_view message, Fields fields) {
    write(Level::warn, message, fields);
}
void info(std::string_view message, Fields fields) {
    write(Level::info, message, fields);
}
void debug(std::string_view message, Fields fields) {
    write(Level::debug, message, fields);
}

} // namespace common::log
