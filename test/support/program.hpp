// Program: the built ffl-agent as a process of its own, with a folder of its own (INI, socket,
// database) that goes with it. Blocking; for system tests. What it waits for are lines and answers
// of the program, never a length of time.
#pragma once

#include "common/net/http.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace test {

/// A folder that is removed with its contents.
class TempFolder {
  public:
    TempFolder();
    ~TempFolder();
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    [[nodiscard]] std::string file(std::string_view name) const { return path_ / name; }
    /// Writes a file in it and gives its path.
    std::string write(std::string_view name, std::string_view text) const;

  private:
    std::filesystem::path path_;
};

struct Finished {
    int code = -1; ///< exit code, or 128 + signal
    std::string out, err;
};

/// Runs a program to its end.
Finished run_program(const std::vector<std::string>& argv, const std::string& input = {},
                     const std::map<std::string, std::string>& env = {});

/// A program that runs on its own until it is interrupted.
class Running {
  public:
    explicit Running(const std::vector<std::string>& argv);
    ~Running(); // SIGKILL if it still runs
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    /// Waits until it has printed that text on stdout or stderr, and returns all of its output;
    /// throws with that after 20 s, or when the program ends without it.
    [[nodiscard]] std::string wait_for(const std::string& text) const;
    /// SIGINT, as Ctrl-C sends it, and the exit code.
    int interrupt();

  private:
    TempFolder folder_;
    pid_t pid_ = -1;
};

class Program {
  public:
    using Sections = std::map<std::string, std::map<std::string, std::string>>;

    /// Writes an INI: a free port, a socket and a database in the folder, short backoffs, and over
    /// them `sections`. Nothing runs yet.
    explicit Program(const Sections& sections);
    ~Program(); // SIGKILL if it still runs
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    /// Starts it and waits until it says that it listens. Throws with its log when it ends instead.
    void start();
    /// The two halves of start(): the process exists; it listens.
    void launch();
    void wait_until_listening();
    /// SIGTERM and the exit code.
    int stop();
    /// SIGKILL.
    void kill();
    void signal(int number) const;
    [[nodiscard]] bool running() const { return pid_ > 0; }
    [[nodiscard]] pid_t pid() const { return pid_; }

    /// `ffl-agent ARGS... --config` with this INI.
    [[nodiscard]] Finished cli(std::vector<std::string> args, const std::string& input = {}) const;

    /// Over TCP. Throws when there is no answer.
    [[nodiscard]] common::HttpReply post(const std::string& path, const std::string& body,
                                         common::Headers headers = {}) const;
    [[nodiscard]] common::HttpReply get(const std::string& path,
                                        common::Headers headers = {}) const;
    /// The same, nothing when there is no answer: for a program that may be dead.
    [[nodiscard]] std::optional<common::HttpReply> try_post(const std::string& path,
                                                            const std::string& body) const;
    /// GET /v1/status; null when there is no answer.
    [[nodiscard]] nlohmann::json status() const;

    /// Asks again and again until `good` says yes; false after 20 s.
    bool wait_until(const std::function<bool(const nlohmann::json& status)>& good) const;

    /// Waits until the log has that text; false after 20 s.
    [[nodiscard]] bool wait_for_log(const std::string& text) const;

    /// Writes the INI anew (for the next start, or SIGHUP).
    void configure(const Sections& sections);
    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] const TempFolder& folder() const { return folder_; }
    [[nodiscard]] std::string ini() const { return folder_.file("agent.ini"); }
    [[nodiscard]] std::string database() const { return folder_.file("agent.db"); }
    /// Everything written to stderr so far, of all starts.
    [[nodiscard]] std::string log() const;

  private:
    TempFolder folder_;
    pid_t pid_ = -1;
    std::uint16_t port_ = 0;
    std::size_t logged_before_ = 0; ///< bytes, by earlier starts
};

/// The first webhook of that name in GET /v1/status; null where there is none.
nlohmann::json webhook_named(const nlohmann::json& status, const std::string& name);
bool has(const std::string& text, const std::string& part);

/// These sections, with local webhooks from webhooks.json in the program's folder.
inline Program::Sections with_local_webhooks(Program::Sections more = {}) {
    more["webhooks"].insert({"file", "webhooks.json"});
    return more;
}

} // namespace test
