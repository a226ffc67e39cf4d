#include "test/fuzz/target.hpp"

#include <stdexcept>
#include <string>

namespace fuzz {

namespace {

std::vector<Target>& registered() {
    static std::vector<Target> all;
    return all;
}

} // namespace

const std::vector<Target>& targets() {
    return registered();
}

Registered::Registered(const Target& target) {
    registered().push_back(target);
}

void require(bool kept, std::string_view promise) {
    if (!kept) {
        throw std::logic_error{"broken: " + std::string{promise}};
    }
}

} // namespace fuzz
