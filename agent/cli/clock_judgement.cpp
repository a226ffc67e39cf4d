#include "agent/cli/clock_judgement.hpp"

#include <ctime>

namespace agent {

namespace {

constexpr const char* correct_it = "enable systemd-timesyncd or chrony (timedatectl shows what the "
                                   "clock does), or set the clock by hand: ";

/// In days; what is later is an accident, not a date.
constexpr std::int64_t most_after_build = 30 * 365;

/// "2026-11-28" as days since 1970.
std::int64_t days_of(std::string_view date) {
    const auto number = [&](std::size_t at, std::size_t size) {
        return std::stoi(std::string{date.substr(at, size)});
    };
    std::tm day{};
    day.tm_year = number(0, 4) - 1900;
    day.tm_mon = number(5, 2) - 1;
    day.tm_mday = number(8, 2);
    return common::seconds_of(day) / 86'400;
}

} // namespace

std::string clock_says(const ClockReading& clock) {
    return "this device's clock says " + common::rfc3339(clock.now) +
           (clock.synchronised ? "" : " and is not synchronised");
}

Finding judge_clock(const ClockReading& clock, std::string_view build_date) {
    const auto today = std::chrono::floor<std::chrono::days>(clock.now).time_since_epoch().count();
    const auto built = days_of(build_date);
    const auto says = "the clock says " + common::rfc3339(clock.now);
    const std::string why = "no certificate can be verified with a wrong one";
    if (today < built) {
        return {Level::fail,
                says + ", before the day on which this program was built (" +
                    std::string{build_date} + ")",
                correct_it + why};
    }
    if (today > built + most_after_build) {
        return {Level::warn, says + ", which is far in the future", correct_it + why};
    }
    if (!clock.synchronised) {
        return {Level::warn,
                "the clock is not synchronised (it says " + common::rfc3339(clock.now) + ")",
                "enable systemd-timesyncd or chrony: certificates and time stamps depend on the "
                "clock"};
    }
    return {Level::ok, "the clock is synchronised"};
}

} // namespace agent
