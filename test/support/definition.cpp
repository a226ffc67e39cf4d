#include "test/support/definition.hpp"

namespace test {

nlohmann::json definition(const std::string& name, const std::string& target, int send_attempts) {
    return {{"name", name}, {"target", target}, {"send_attempts", send_attempts}};
}

} // namespace test
