// failure_sign: some servers answer 200 where they have failed, with an envelope that says so and
// an empty list in it. Such a list says nothing about what there is. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace agent {

/// What in the envelope of a list says that the server has failed: "success = false". Empty if
/// nothing does. Texts are named only, because they may quote what is secret: "error is set".
std::string failure_sign(const nlohmann::json& envelope);

} // namespace agent
