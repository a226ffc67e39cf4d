#include "common/base/time.hpp"

#include <array>
#include <ctime>

namespace common {

namespace {

std::string in_utc(WallTime time, const char* form) {
    const auto seconds = std::chrono::system_clock::to_time_t(time);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 32> text{};
    return {text.data(), std::strftime(text.data(), text.size(), form, &parts)};
}

} // namespace

std::string rfc3339(WallTime time) {
    return in_utc(time, "%Y-%m-%dT%H:%M:%SZ");
}

std::string file_stamp(WallTime time) {
    return in_utc(time, "%Y%m%dT%H%M%SZ");
}

} // namespace common
