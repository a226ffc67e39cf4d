// Target: a promise of the code that reads what others send, as a function of any bytes. clang's
// fuzzer looks for bytes that break it (scripts/fuzz.sh), and every test run calls it with those in
// corpus/NAME. A target says more than that nothing crashes wherever there is more to say.
#pragma once

#include <string_view>
#include <vector>

namespace fuzz {

struct Target {
    std::string_view name; ///< of its file, its program and its folder in corpus/
    void (*run)(std::string_view bytes);
};

/// Those of this program.
const std::vector<Target>& targets();

/// A target's file has one of these, of static storage.
struct Registered {
    explicit Registered(const Target& target);
};

/// Throws if the promise is broken.
void require(bool kept, std::string_view promise);

} // namespace fuzz
