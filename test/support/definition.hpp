// A webhook's definition as a file of local definitions has it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace test {

/// `send_attempts` 0: without end.
nlohmann::json definition(const std::string& name, const std::string& target,
                          int send_attempts = 0);

} // namespace test
