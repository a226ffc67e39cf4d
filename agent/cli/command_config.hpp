// What a command needs of the INI file, and the configuration that it gets. A fault in a key that
// the command does not use is a warning: `status` must work when the file is being mended.
#pragma once

#include "agent/config/config.hpp"

#include <optional>
#include <string>

namespace agent {

enum class Needs {
    nothing,
    agent,      ///< where the running agent listens, and its token
    queue,      ///< the same and the database
    server,     ///< the FindFace Lite server, its login, and which webhooks are served
    everything, ///< the service
};

/// Prints errors and warnings on stderr. Nothing when the command cannot work: exit 78.
std::optional<Config> config_for(Needs needs, const std::string& path);

} // namespace agent
