#include "test/support/fastapi_server.hpp"

#include "test/support/program.hpp"

#include <array>
#include <cstdio>
#include <fcntl.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ; // NOLINT: POSIX

namespace test {

namespace {

constexpr const char* debian_python = "/usr/bin/python3"; // Debian's, which has Debian's modules

std::string curl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"/usr/bin/curl", "-sSf", "--max-time", "20"});
    auto done = run_program(arguments);
    if (done.code != 0) {
        throw std::runtime_error{"curl: " + done.err};
    }
    return done.out;
}

} // namespace

bool FastapiServer::installed() {
    return ::access(debian_python, X_OK) == 0 &&
           run_program({debian_python, "-c", "import fastapi, uvicorn"}).code == 0;
}

FastapiServer::FastapiServer(bool slashes) {
    std::array<int, 2> in{}, out{};
    if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) {
        throw std::runtime_error{"no pipe"};
    }
    posix_spawn_file_actions_t files{};
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in[0], 0);
    posix_spawn_file_actions_adddup2(&files, out[1], 1);
    std::string script = FFL_SOURCE "/test/support/fastapi_server.py";
    std::string habit = slashes ? "slashes" : "plain";
    std::string program = debian_python;
    std::array<char*, 4> argv{program.data(), script.data(), habit.data(), nullptr};
    const int failed = ::posix_spawn(&pid_, debian_python, &files, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    ::close(in[0]);
    ::close(out[1]);
    stdin_ = in[1];
    std::FILE* answer = ::fdopen(out[0], "r");
    const bool listens = failed == 0 && std::fscanf(answer, "%d", &port_) == 1;
    std::fclose(answer);
    if (!listens) {
        throw std::runtime_error{"the FastAPI server cannot be started"};
    }
    curl({url() + "/test/logins"}); // it listens, but answers a little later
}

FastapiServer::~FastapiServer() {
    ::close(stdin_);
    if (pid_ > 0) {
        ::waitpid(pid_, nullptr, 0);
    }
}

void FastapiServer::revoke_tokens() const {
    curl({"-X", "POST", url() + "/test/revoke"});
}

int FastapiServer::logins() const {
    return std::stoi(curl({url() + "/test/logins"}));
}

} // namespace test
