#include "agent/cli/completion.hpp"

#include "agent/cli/output.hpp"
#include "agent/service/exit_codes.hpp"
#include "common/text/invalid.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <vector>

namespace agent {

namespace {

struct Described {
    std::string name, description;
};

/// What can stand behind one command.
struct Node {
    std::string path; ///< "", " queue", " queue list"
    std::vector<Described> commands, options;
    bool files = false;               ///< it takes files
    std::vector<std::string> choices; ///< or one of these words
};

/// The words that may follow an option; none: any.
struct Value {
    bool file = false;
    std::vector<std::string> choices;
};

struct CommandTable {
    std::vector<Node> nodes;
    std::map<std::string, Value> values; ///< of the options that take one, by name
};

std::vector<std::string> names_of(const CLI::Option& option) {
    std::vector<std::string> names;
    for (const auto& name : option.get_snames()) {
        names.push_back("-" + name);
    }
    for (const auto& name : option.get_lnames()) {
        names.push_back("--" + name);
    }
    return names;
}

/// "a|b|c" as the option's help shows it.
std::vector<std::string> choices_of(const std::string& type) {
    std::vector<std::string> choices;
    if (type.find('|') != std::string::npos) {
        choices = CLI::detail::split(type, '|');
    }
    return choices;
}

void collect(const CLI::App& app, const std::string& path, CommandTable& table) {
    Node node;
    node.path = path;
    for (const auto* option : app.get_options()) {
        if (option->get_positional()) {
            const auto type = option->get_type_name();
            node.files = node.files || option->get_single_name() == "FILE";
            const auto choices = choices_of(type);
            node.choices.insert(node.choices.end(), choices.begin(), choices.end());
            continue;
        }
        for (const auto& name : names_of(*option)) {
            if (name.starts_with("--")) {
                node.options.push_back({name, option->get_description()});
            }
            if (option->get_items_expected_max() > 0) {
                const auto type = option->get_type_name();
                table.values[name] = {type == "FILE" || type == "DIR", choices_of(type)};
            }
        }
    }
    const auto below = app.get_subcommands([](const CLI::App*) { return true; });
    for (const auto* sub : below) {
        node.commands.push_back({sub->get_name(), sub->get_description()});
    }
    table.nodes.push_back(node);
    for (const auto* sub : below) {
        collect(*sub, path + " " + sub->get_name(), table);
    }
}

std::string names_in(const std::vector<Described>& all) {
    std::vector<std::string> names;
    names.reserve(all.size());
    for (const auto& one : all) {
        names.push_back(one.name);
    }
    return common::joined(names, " ");
}

/// The patterns of a `case` for all commands, or for the options that take a value.
std::string command_patterns(const CommandTable& table) {
    std::vector<std::string> patterns;
    for (const auto& node : table.nodes) {
        if (!node.path.empty()) {
            patterns.push_back("\"" + node.path + "\"");
        }
    }
    return common::joined(patterns, " | ");
}

std::string value_patterns(const CommandTable& table) {
    std::vector<std::string> patterns;
    for (const auto& [name, value] : table.values) {
        patterns.push_back(name);
    }
    return common::joined(patterns, " | ");
}

// Both scripts find the command by walking over the words before the cursor, without those that
// are the value of an option.
constexpr const char* bash_begin =
    R"(# bash completion for ffl-agent. Made by: ffl-agent completion bash

_ffl_agent() {
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local command='' commands='' options='' choices='' files='' i
    COMPREPLY=()
    # bash makes words of their own of "=" and what follows it.
    if [[ $current == = ]]; then
        current=''
    elif [[ $before == = ]]; then
        before=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i - 1]} in
        @VALUES@) continue ;;
        esac
        case "$command ${COMP_WORDS[i]}" in
        @COMMANDS@)
            command+=" ${COMP_WORDS[i]}"
            ;;
        esac
    done
    case $before in
)";
constexpr const char* bash_end = R"(    esac
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
    elif [[ -n $files ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    else
        mapfile -t COMPREPLY < <(compgen -W "$commands $choices" -- "$current")
    fi
}

complete -F _ffl_agent ffl-agent
)";

constexpr const char* zsh_begin = R"(#compdef ffl-agent
# zsh completion for ffl-agent. Made by: ffl-agent completion zsh

_ffl_agent() {
    local command='' files='' i
    local -a commands options choices
    for ((i = 2; i < CURRENT; i++)); do
        case ${words[i-1]} in
        (@VALUES@) continue ;;
        esac
        case "$command ${words[i]}" in
        (@COMMANDS@)
            command+=" ${words[i]}"
            ;;
        esac
    done
    case ${words[CURRENT-1]} in
)";
constexpr const char* zsh_end = R"(    esac
    if [[ ${words[CURRENT]} == -* ]]; then
        _describe -o option options
    elif [[ -n $files ]]; then
        _files
    elif (( ${#choices} )); then
        compadd -- $choices
    else
        _describe command commands
    fi
}

if [[ $funcstack[1] == _ffl_agent ]]; then
    _ffl_agent "$@"
else
    compdef _ffl_agent ffl-agent
fi
)";

std::string filled(std::string text, const CommandTable& table) {
    const std::map<std::string, std::string> parts{{"@VALUES@", value_patterns(table)},
                                                   {"@COMMANDS@", command_patterns(table)}};
    for (const auto& [mark, part] : parts) {
        for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark)) {
            text.replace(at, mark.size(), part);
        }
    }
    return text;
}

std::string bash_script(const CommandTable& table) {
    auto script = filled(bash_begin, table);
    for (const auto& [name, value] : table.values) {
        script += "    " + name + ")\n";
        if (value.file) {
            script += "        compopt -o filenames 2>/dev/null\n"
                      "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n";
        } else if (!value.choices.empty()) {
            script += "        mapfile -t COMPREPLY < <(compgen -W '" +
                      common::joined(value.choices, " ") + "' -- \"$current\")\n";
        }
        script += "        return\n        ;;\n";
    }
    script += "    esac\n    case $command in\n";
    for (const auto& node : table.nodes) {
        script += "    '" + node.path + "')\n";
        if (!node.commands.empty()) {
            script += "        commands='" + names_in(node.commands) + "'\n";
        }
        if (!node.choices.empty()) {
            script += "        choices='" + common::joined(node.choices, " ") + "'\n";
        }
        if (node.files) {
            script += "        files=1\n";
        }
        script += "        options='" + names_in(node.options) + "'\n        ;;\n";
    }
    return script + bash_end;
}

/// 'list:List deliveries' ...; a colon separates, and a quote would end the word.
std::string zsh_words(const std::vector<Described>& all) {
    std::string words;
    for (const auto& one : all) {
        auto description = one.description;
        std::erase(description, '\'');
        words += " '" + one.name + ":" + description + "'";
    }
    return "(" + words + " )";
}

std::string zsh_script(const CommandTable& table) {
    auto script = filled(zsh_begin, table);
    for (const auto& [name, value] : table.values) {
        script += "    (" + name + ")\n";
        if (value.file) {
            script += "        _files\n";
        } else if (!value.choices.empty()) {
            script += "        compadd -- " + common::joined(value.choices, " ") + "\n";
        }
        script += "        return\n        ;;\n";
    }
    script += "    esac\n    case $command in\n";
    for (const auto& node : table.nodes) {
        script += "    ('" + node.path + "')\n";
        if (!node.commands.empty()) {
            script += "        commands=" + zsh_words(node.commands) + "\n";
        }
        if (!node.choices.empty()) {
            script += "        choices=(" + common::joined(node.choices, " ") + ")\n";
        }
        if (node.files) {
            script += "        files=1\n";
        }
        script += "        options=" + zsh_words(node.options) + "\n        ;;\n";
    }
    return script + zsh_end;
}

} // namespace

std::string completion_script(const CLI::App& app, Shell shell) {
    CommandTable table;
    collect(app, "", table);
    return shell == Shell::bash ? bash_script(table) : zsh_script(table);
}

void add_completion(CLI::App& app, CommandLine& line) {
    const auto shell = std::make_shared<std::string>();
    auto* completion = add_command(
        app, line, Needs::nothing, "completion",
        "Print what makes a shell complete this command line", [&app, shell] {
            std::cout << completion_script(app, *shell == "zsh" ? Shell::zsh : Shell::bash);
            return exit_code::done;
        });
    completion->add_option("SHELL", *shell, "The shell that reads it")
        ->required()
        ->type_name("bash|zsh")
        ->check(validator("SHELL", common::one_of({"bash", "zsh"}),
                          [](const std::string& text) { return text == "bash" || text == "zsh"; }));
}

} // namespace agent
