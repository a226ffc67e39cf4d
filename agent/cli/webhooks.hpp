// `ffl-agent webhook …`: the webhooks of the FindFace Lite server, with the configured login.
#pragma once

#include "agent/cli/command.hpp"

#include <string>

namespace agent {

int command_webhook_list(const Command& command);
int command_webhook_show(const Command& command, const std::string& id);
int command_webhook_create(const Command& command, const std::string& file);
int command_webhook_update(const Command& command, const std::string& id, const std::string& file);
int command_webhook_delete(const Command& command, const std::string& id);

} // namespace agent
