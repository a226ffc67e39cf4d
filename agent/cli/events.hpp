// `ffl-agent send` and `explain`: what is done with event files.
#pragma once

#include "agent/cli/command.hpp"

#include <string>
#include <vector>

namespace agent {

/// `exported`: the files hold deliveries as `queue export` wrote them.
int command_send(const Command& command, const std::vector<std::string>& files, bool exported);
/// With an empty `webhooks_file` the running agent answers; otherwise the definitions of that file
/// are used, without an agent and without a configuration.
int command_explain(const Command& command, const std::string& file,
                    const std::string& webhooks_file);

} // namespace agent
