#include "agent/cli/command_line.hpp"

#include "common/text/invalid.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <unistd.h>
#include <utility>

namespace agent {

namespace {

bool is_whole_number(const std::string& text, std::int64_t least, std::int64_t most) {
    std::int64_t number = 0;
    const auto* const text_end = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), text_end, number);
    return error == std::errc{} && end == text_end && number >= least && number <= most;
}

} // namespace

Screen CommandLine::screen() const {
    return screen_of(STDOUT_FILENO, colour == "always"  ? Colour::always
                                    : colour == "never" ? Colour::never
                                                        : Colour::automatic);
}

CLI::App* add_command(CLI::App& app, CommandLine& line, Needs needs, const std::string& name,
                      const std::string& description, std::function<int()> run) {
    auto* sub = app.add_subcommand(name, description);
    sub->callback([&line, needs, run = std::move(run)] {
        line.needs = needs;
        line.run = run;
    });
    return sub;
}

CLI::Validator validator(std::string name, std::string expected,
                         std::function<bool(const std::string&)> good) {
    // Not thrown as a ValidationError, which CLI11 prefixes with the option's name once more.
    return {[=](std::string& text) {
                if (!good(text)) {
                    throw CLI::ConversionError{common::invalid(name, "'" + text + "'", expected)};
                }
                return std::string{};
            },
            ""};
}

CLI::Validator not_empty(std::string name, std::string expected) {
    return validator(std::move(name), std::move(expected),
                     [](const std::string& text) { return !text.empty(); });
}

CLI::Validator whole_number(std::string name, std::int64_t least, std::int64_t most) {
    return validator(std::move(name),
                     "a whole number from " + std::to_string(least) + " to " + std::to_string(most),
                     [=](const std::string& text) { return is_whole_number(text, least, most); });
}

} // namespace agent
