// Runs programs on a terminal of their own, which script(1) makes.
#pragma once

#include "test/support/program.hpp"

#include <map>
#include <string>

namespace test {

bool has_terminals();

/// `command` is a line for the shell. The terminal types `typed`, and shows what is then in `out`.
Finished on_a_terminal(const std::string& command, const std::string& typed = {},
                       const std::map<std::string, std::string>& env = {});

} // namespace test
