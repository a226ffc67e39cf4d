#include "test/support/terminal.hpp"

#include <filesystem>

namespace test {

namespace {

constexpr const char* script = "/usr/bin/script";

} // namespace

bool has_terminals() {
    return std::filesystem::exists(script);
}

Finished on_a_terminal(const std::string& command, const std::string& typed,
                       const std::map<std::string, std::string>& env) {
    return run_program({script, "-qec", command, "/dev/null"}, typed, env);
}

} // namespace test
