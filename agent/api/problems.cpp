#include "agent/api/problems.hpp"

namespace agent {

std::string_view to_string(Severity severity) {
    switch (severity) {
    case Severity::ok:
        return "ok";
    case Severity::warn:
        return "warn";
    case Severity::fail:
        break;
    }
    return "fail";
}

std::string span_text(double seconds) {
    const auto whole = static_cast<long long>(seconds);
    const auto both = [](long long large, const char* of, long long small, const char* rest) {
        return std::to_string(large) + of + (small == 0 ? "" : " " + std::to_string(small) + rest);
    };
    if (whole < 60) {
        return std::to_string(whole) + " s";
    }
    if (whole < 3600) {
        return both(whole / 60, " min", whole % 60, " s");
    }
    if (whole < 48LL * 3600) {
        return both(whole / 3600, " h", whole / 60 % 60, " min");
    }
    return std::to_string(whole / 86400) + " days";
}

} // namespace agent
