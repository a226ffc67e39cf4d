// The queue's files hold faces and plates: nobody but their owner writes them, and only the group
// reads them. Any thread; blocks.
#pragma once

#include <string>

namespace agent {

/// Takes from the database and everything that lies beside it under its name (WAL, reserve, lock,
/// copies set aside) every permission beyond 0640. New files get theirs from the umask.
void make_private(const std::string& database);

/// The umask with which no file of the queue gets more than 0640.
inline constexpr unsigned private_umask = 0027;

} // namespace agent
