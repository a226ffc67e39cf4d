#include "agent/cli/cli.hpp"

int main(int argc, char** argv) {
    return agent::command_line(argc, argv);
}
