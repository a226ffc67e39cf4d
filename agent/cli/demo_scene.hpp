// What `ffl-agent demo` shows: the webhooks of a small site and what its cameras recognise. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace agent {

/// The definitions, as a local file has them, with the receiver at `receiver_port`.
std::string demo_webhooks(std::uint16_t receiver_port);
/// The INI file of an agent in `folder`.
std::string demo_config(const std::string& folder, std::uint16_t agent_port);
/// The events that the cameras recognise in turn, each without its id.
const std::vector<std::string>& demo_events();
/// The `number`th event of the demo, from 1: with an id of its own.
std::string demo_event(std::size_t number);

} // namespace agent
