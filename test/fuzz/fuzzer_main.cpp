// What libFuzzer calls: the one target of this program.

#include "test/fuzz/target.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    fuzz::targets().front().run({reinterpret_cast<const char*>(bytes), size});
    return 0;
}
