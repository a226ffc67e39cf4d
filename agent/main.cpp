#include "agent/cli/cli.hpp"
#include "agent/service/held_signals.hpp"

int main(int argc, char** argv) {
    agent::hold_signals();
    return agent::command_line(argc, argv);
}
