// Tells whether files are those that were read: by inode, size and time of change, not by what is
// in them, for secrets are among them. Blocking.
#pragma once

#include <string>
#include <vector>

namespace agent {

/// Equal for the same files, and different once one of them was edited or replaced. Empty if one
/// cannot be looked at.
std::string stamp_of(const std::vector<std::string>& files);

/// The one that was edited last; empty if none can be looked at.
std::string edited_last(const std::vector<std::string>& files);

} // namespace agent
