// The commands of the contract, section 2. Each does one and gives the exit code. Results on
// stdout, diagnostics on stderr.
#pragma once

#include "agent/config/config.hpp"
#include "agent/store/listing.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace agent {

/// What every command is given.
struct Command {
    Config config; ///< as loaded for it; defaults where it needs none
    bool json = false;
};

/// Judges the configuration itself, so it is given the path.
int command_check(const std::string& config_path, bool as_json);
int command_status(const Command& command);
int command_sync(const Command& command);
int command_send(const Command& command, const std::vector<std::string>& files);
/// `webhooks_file` empty: the running agent is asked.
int command_explain(const Command& command, const std::string& file,
                    const std::string& webhooks_file);

int command_webhook_list(const Command& command);
int command_webhook_show(const Command& command, const std::string& id);
int command_webhook_create(const Command& command, const std::string& file);
int command_webhook_update(const Command& command, const std::string& id, const std::string& file);
int command_webhook_delete(const Command& command, const std::string& id);

int command_queue_list(const Command& command, const Selection& selection, std::size_t limit);
int command_queue_show(const Command& command, std::int64_t id);
int command_queue_export(const Command& command, const Selection& selection);
int command_queue_retry(const Command& command, const Selection& selection);
int command_queue_drop(const Command& command, const Selection& selection);

} // namespace agent
