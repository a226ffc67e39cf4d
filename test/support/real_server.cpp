#include "test/support/real_server.hpp"

#include "test/support/eventually.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <netinet/in.h>
#include <spawn.h>
#include <sstream>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

extern char** environ; // NOLINT: POSIX

namespace test {

namespace {

using nlohmann::json;

sockaddr_in loopback(int address, std::uint16_t port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(port);
    out.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(address));
    return out;
}

std::uint16_t free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(0, 0);
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address); // NOLINT: POSIX
    const bool bound = ::bind(socket, raw, size) == 0 && ::getsockname(socket, raw, &size) == 0;
    ::close(socket);
    if (!bound) {
        throw std::runtime_error{"no free port"};
    }
    return ntohs(address.sin_port);
}

std::string content(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

/// Starts argv as the leader of a process group, with its output at the end of `log`.
pid_t spawn_group(std::vector<std::string> argv, const std::string& log) {
    std::vector<char*> arguments;
    arguments.reserve(argv.size() + 1);
    for (auto& one : argv) {
        arguments.push_back(one.data());
    }
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t files{};
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    posix_spawnattr_t attributes{};
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    pid_t pid = -1;
    const int failed =
        ::posix_spawn(&pid, argv.front().c_str(), &files, &attributes, arguments.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    if (failed != 0) {
        throw std::runtime_error{argv.front() + " cannot be started"};
    }
    return pid;
}

/// One write a line: a line is there as a whole, or not at all.
void append(const std::string& path, const std::string& line) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0 || ::write(file, line.data(), line.size()) < 0) {
        throw std::runtime_error{path + " cannot be written"};
    }
    ::close(file);
}

} // namespace

bool RealServer::installed(const ServerKind& kind) {
    return ::access(kind.probe.front().c_str(), X_OK) == 0 && run_program(kind.probe).code == 0;
}

RealServer::RealServer(const ServerKind& kind)
    : kind_{kind}, receiver_{{.listener = [this](const Callback& callback) {
          // The proxy names its life in the path: the request may come when it is dead already.
          const auto life = static_cast<unsigned>(std::stoul(callback.path.substr(1)));
          append(records_of(life), callback.webhook_id + " " + std::to_string(callback.attempt) +
                                       " " + callback.body + "\n");
      }}} {
    // Somebody else may take the port between the look and the start.
    for (int tries = 0; tries < 3; ++tries) {
        port_ = free_port();
        launch();
        if (wait_until_listening()) {
            return;
        }
        end(SIGKILL);
    }
    throw std::runtime_error{std::string{kind_.name} + " does not listen:\n" + log()};
}

RealServer::~RealServer() {
    if (pid_ > 0) {
        ::kill(-pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
}

void RealServer::launch() {
    ++life_;
    const auto argv =
        kind_.prepare({folder_.file(""), port_, records_of(life_), life_, receiver_.port()});
    pid_ = spawn_group(argv, folder_.file("log"));
}

bool RealServer::wait_until_listening() {
    bool listens = false;
    return eventually([&] {
               listens = true;
               for (int address = 0; address < real_server_addresses; ++address) {
                   listens = listens && accepts(address);
               }
               siginfo_t ended{}; // left to be reaped by end()
               ::waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT);
               listens = listens && ended.si_pid == 0;
               return listens || ended.si_pid != 0;
           }) &&
           listens;
}

void RealServer::start() {
    launch();
    if (!wait_until_listening()) {
        throw std::runtime_error{std::string{kind_.name} + " does not listen again:\n" + log()};
    }
}

void RealServer::end(int signal) {
    // To all processes of a killed server, but to the first alone where that tells the others.
    ::kill(signal == SIGKILL ? -pid_ : pid_, signal);
    const bool ended = eventually([&] { return ::waitpid(pid_, nullptr, WNOHANG) == pid_; });
    if (!ended) {
        throw std::runtime_error{std::string{kind_.name} + " does not end:\n" + log()};
    }
    pid_ = -1;
    if (!eventually([&] { return !accepts(0) && !accepts(real_server_addresses - 1); })) {
        throw std::runtime_error{std::string{kind_.name} + " has ended and still listens:\n" +
                                 log()};
    }
}

void RealServer::stop() {
    end(kind_.graceful);
}

void RealServer::kill() {
    killed_.push_back(life_);
    end(SIGKILL);
}

bool RealServer::accepts(int address) const {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto to = loopback(address, port_);
    const bool connected =
        ::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0; // NOLINT: POSIX
    ::close(socket);
    return connected;
}

std::string RealServer::url(int address) const {
    return "http://127.0.0." + std::to_string(1 + address) + ":" + std::to_string(port_) +
           "/hook.sh";
}

std::string RealServer::records_of(unsigned life) const {
    return folder_.file("records." + std::to_string(life));
}

std::vector<ServerRecord> RealServer::records() const {
    std::vector<ServerRecord> out;
    for (unsigned life = 1; life <= life_; ++life) {
        std::istringstream lines{content(records_of(life))};
        for (std::string line; std::getline(lines, line);) {
            if (lines.eof()) {
                break; // a line that is still being written
            }
            ServerRecord record;
            record.life = life;
            std::istringstream words{line};
            std::string body;
            words >> record.webhook_id >> record.attempt;
            std::getline(words, body);
            record.event_id = json::parse(body).at("id").get<std::string>();
            out.push_back(std::move(record));
        }
    }
    return out;
}

bool RealServer::was_killed(unsigned life) const {
    return std::find(killed_.begin(), killed_.end(), life) != killed_.end();
}

std::string RealServer::log() const {
    return content(folder_.file("log")) + content(folder_.file("error.log"));
}

} // namespace test
