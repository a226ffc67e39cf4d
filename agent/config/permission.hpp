// What a person can do who may not use a file, a folder or a socket: sudo, the group, a new login.
// Blocking; any thread.
#pragma once

#include <string>

namespace agent {

/// How to get at `path` after EACCES, as the end of a message: "run it with sudo, or join the group
/// ffl-agent (sudo adduser pi ffl-agent, then log in again)". For a service's own user: how to give
/// it the file.
std::string permission_advice(const std::string& path);

/// The name of the user of this process, and that of another; "#1000" where there is none.
std::string user_name();
std::string user_name(unsigned user);

} // namespace agent
