#include "test/support/program.hpp"

#include "common/http_client/http_client.hpp"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <spawn.h>
#include <sstream>
#include <stdexcept>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

extern char** environ; // NOLINT: POSIX

namespace test {

namespace {

constexpr std::chrono::seconds patience{20};

std::string read_all(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    out.reserve(texts.size() + 1);
    for (auto& text : texts) {
        out.push_back(text.data());
    }
    out.push_back(nullptr);
    return out;
}

/// Starts argv with stdin, stdout and stderr at these files.
pid_t spawn(std::vector<std::string> argv, const std::string& in, const std::string& out,
            const std::string& err, const std::map<std::string, std::string>& env) {
    std::vector<std::string> environment;
    for (char** one = environ; *one != nullptr; ++one) {
        const std::string entry{*one};
        if (!env.contains(entry.substr(0, entry.find('=')))) {
            environment.push_back(entry);
        }
    }
    for (const auto& [name, value] : env) {
        environment.push_back(name + "=" + value);
    }
    posix_spawn_file_actions_t files{};
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, in.c_str(), O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, out.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_addopen(&files, 2, err.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    pid_t pid = -1;
    const int failed = ::posix_spawn(&pid, argv.front().c_str(), &files, nullptr,
                                     pointers(argv).data(), pointers(environment).data());
    posix_spawn_file_actions_destroy(&files);
    if (failed != 0) {
        throw std::runtime_error{argv.front() + " cannot be started"};
    }
    return pid;
}

int exit_code(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int wait_for(pid_t pid) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    return exit_code(status);
}

std::optional<common::HttpReply> call(std::uint16_t port, const std::string& method,
                                      const std::string& path, const std::string& body,
                                      common::Headers headers) {
    common::asio::io_context loop;
    common::PooledClient client{loop.get_executor(), {}};
    common::HttpRequest request;
    request.method = method;
    request.url = *common::parse_url("http://127.0.0.1:" + std::to_string(port) + path);
    request.headers = std::move(headers);
    request.body = body;
    request.timeout = patience;
    request.body_limit = 64UL << 20;
    std::optional<common::HttpReply> reply;
    common::asio::co_spawn(loop, client.send(std::move(request)),
                           [&](std::exception_ptr, common::Result<common::HttpReply> got) {
                               if (got) {
                                   reply = std::move(*got);
                               }
                               loop.stop();
                           });
    loop.run();
    return reply;
}

/// Between two looks at something that another process does: gives the processor away, no more.
void look_again() {
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
}

} // namespace

TempFolder::TempFolder() {
    auto name = (std::filesystem::temp_directory_path() / "ffl-agent-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error{"no temporary folder"};
    }
    path_ = name;
}

TempFolder::~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string TempFolder::write(std::string_view name, std::string_view text) const {
    std::ofstream{path_ / name, std::ios::binary} << text;
    return path_ / name;
}

Finished run_program(const std::vector<std::string>& argv, const std::string& input,
                     const std::map<std::string, std::string>& env) {
    const TempFolder files;
    const auto in = files.write("in", input);
    const auto pid = spawn(argv, in, files.file("out"), files.file("err"), env);
    Finished finished;
    finished.code = wait_for(pid);
    finished.out = read_all(files.file("out"));
    finished.err = read_all(files.file("err"));
    return finished;
}

Running::Running(const std::vector<std::string>& argv) {
    const auto out = folder_.file("out");
    pid_ = spawn(argv, "/dev/null", out, out, {});
}

Running::~Running() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        (void)test::wait_for(pid_);
    }
}

std::string Running::wait_for(const std::string& text) const {
    for (const auto end = std::chrono::steady_clock::now() + patience;;) {
        auto output = read_all(folder_.file("out"));
        if (output.find(text) != output.npos) {
            return output;
        }
        siginfo_t state{};
        const bool ended =
            ::waitid(P_PID, static_cast<id_t>(pid_), &state, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            state.si_pid == pid_;
        if (ended || std::chrono::steady_clock::now() > end) {
            throw std::runtime_error{"no \"" + text + "\" in: " + output};
        }
        look_again();
    }
}

int Running::interrupt() {
    ::kill(pid_, SIGINT);
    return test::wait_for(std::exchange(pid_, -1));
}

Program::Program(const Sections& sections) {
    configure(sections);
}

Program::~Program() {
    kill();
}

void Program::configure(const Sections& sections) {
    Sections all{
        {"ingest", {{"listen", "127.0.0.1:0"}, {"socket", folder_.file("agent.sock")}}},
        {"queue", {{"path", database()}, {"min_free", "0"}}},
        {"delivery", {{"retry_initial", "20ms"}, {"retry_max", "200ms"}, {"deny_targets", ""}}}};
    for (const auto& [section, keys] : sections) {
        for (const auto& [key, value] : keys) {
            all[section][key] = value;
        }
    }
    std::string text;
    for (const auto& [section, keys] : all) {
        text += "[" + section + "]\n";
        for (const auto& [key, value] : keys) {
            text += key + " = " + value + "\n";
        }
    }
    folder_.write("agent.ini", text);
}

void Program::start() {
    launch();
    wait_until_listening();
}

void Program::launch() {
    logged_before_ = log().size();
    pid_ = spawn({FFL_BINARY, "run", "--config", ini()}, "/dev/null", folder_.file("out"),
                 folder_.file("log"), {});
}

void Program::wait_until_listening() {
    const std::string mark = "address=";
    const auto end = std::chrono::steady_clock::now() + patience;
    for (;;) {
        const auto text = log().substr(logged_before_);
        const auto at = text.find(mark);
        if (at != std::string::npos && text.find('\n', at) != std::string::npos) {
            const auto address = text.substr(at, text.find_first_of(" \n", at) - at);
            port_ = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
            break;
        }
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) == pid_) {
            pid_ = -1;
            throw std::runtime_error{"the agent ended with " + std::to_string(exit_code(status)) +
                                     ":\n" + text};
        }
        if (std::chrono::steady_clock::now() > end) {
            throw std::runtime_error{"the agent does not come up:\n" + text};
        }
        look_again();
    }
    if (!call(port_, "GET", "/livez", "", {})) {
        throw std::runtime_error{"the agent does not answer:\n" + log()};
    }
}

int Program::stop() {
    signal(SIGTERM);
    return wait_for(std::exchange(pid_, -1));
}

void Program::kill() {
    if (running()) {
        signal(SIGKILL);
        wait_for(std::exchange(pid_, -1));
    }
}

void Program::signal(int number) const {
    ::kill(pid_, number);
}

Finished Program::cli(std::vector<std::string> args, const std::string& input) const {
    args.insert(args.begin(), FFL_BINARY);
    args.insert(args.end(), {"--config", ini()});
    return run_program(args, input);
}

common::HttpReply Program::post(const std::string& path, const std::string& body,
                                common::Headers headers) const {
    headers.push_back({"Content-Type", "application/json"});
    auto reply = call(port_, "POST", path, body, std::move(headers));
    return reply ? std::move(*reply) : throw std::runtime_error{"no answer to POST " + path};
}

common::HttpReply Program::get(const std::string& path, common::Headers headers) const {
    auto reply = call(port_, "GET", path, "", std::move(headers));
    return reply ? std::move(*reply) : throw std::runtime_error{"no answer to GET " + path};
}

std::optional<common::HttpReply> Program::try_post(const std::string& path,
                                                   const std::string& body) const {
    return call(port_, "POST", path, body, {{"Content-Type", "application/json"}});
}

nlohmann::json Program::status() const {
    const auto reply = call(port_, "GET", "/v1/status", "", {});
    return reply ? nlohmann::json::parse(reply->body, nullptr, false) : nlohmann::json{};
}

bool Program::wait_until(const std::function<bool(const nlohmann::json& status)>& good) const {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < end) {
        if (const auto now = status(); now.is_object() && good(now)) {
            return true;
        }
        look_again();
    }
    return false;
}

bool Program::wait_for_log(const std::string& text) const {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (log().find(text) == std::string::npos) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        look_again();
    }
    return true;
}

std::string Program::log() const {
    return read_all(folder_.file("log"));
}

nlohmann::json webhook_named(const nlohmann::json& status, const std::string& name) {
    for (const auto& one : status["webhooks"]) {
        if (one["name"] == name) {
            return one;
        }
    }
    return {};
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace test
