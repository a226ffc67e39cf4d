// The part of `ffl-agent check` that reads what the kernel tells about the disk under the queue.
#pragma once

#include "agent/cli/report.hpp"
#include "agent/config/config.hpp"

#include <string>

namespace agent {

/// File system, mount options and free space of the folder that `[queue] path` lies in.
void check_disk(Report& report, const Config& config,
                const std::string& mountinfo = "/proc/self/mountinfo");

/// The SD cards and eMMC of this device. `block_devices`: the folder of their entries.
void check_cards(Report& report, const std::string& block_devices = "/sys/block");

} // namespace agent
