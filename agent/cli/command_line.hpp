// What the groups of commands declare themselves into: the parser, the options that every command
// has, and the command that was chosen.
#pragma once

#include "agent/cli/command.hpp"
#include "agent/cli/command_config.hpp"

#include <CLI/App.hpp>
#include <cstdint>
#include <functional>
#include <string>

namespace agent {

/// The parsed options that all commands share, and the command that they belong to.
struct CommandLine {
    std::string config_file;
    std::string colour{"auto"};
    Command command;
    Needs needs = Needs::nothing;
    std::function<int()> run;

    /// What stdout is at this moment.
    [[nodiscard]] Screen screen() const;
};

/// Adds a command. Its options live in `run`, which keeps what it captures as long as `app` lives.
CLI::App* add_command(CLI::App& app, CommandLine& line, Needs needs, const std::string& name,
                      const std::string& description, std::function<int()> run);

/// A validator whose message has the form of all messages about bad input.
CLI::Validator validator(std::string name, std::string expected,
                         std::function<bool(const std::string&)> good);
/// The same for a text. An empty one is a variable of a script that is not set, and never means
/// that the argument was left out.
CLI::Validator not_empty(std::string name, std::string expected);
/// The same for a whole number; CLI11's own check goes through a double.
CLI::Validator whole_number(std::string name, std::int64_t least, std::int64_t most);

} // namespace agent
