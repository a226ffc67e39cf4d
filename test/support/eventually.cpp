#include "test/support/eventually.hpp"

#include <chrono>
#include <thread>

namespace test {

bool eventually(const std::function<bool()>& good) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes{1};
    while (!good()) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }
    return true;
}

} // namespace test
