#include "common/base/time.hpp"

#include <algorithm>
#include <array>
#include <boost/date_time/gregorian/gregorian_types.hpp>

namespace common {

namespace {

using boost::gregorian::date;
using std::chrono::floor;

const date& first_day() {
    static const date day{1970, 1, 1};
    return day;
}

/// gmtime(3) for every WallTime, where a time_t has 32 bits, too.
std::tm fields_of(WallTime time) {
    const auto all = floor<std::chrono::seconds>(time.time_since_epoch());
    const auto day = floor<std::chrono::days>(all);
    const auto second = static_cast<int>((all - day).count());
    const boost::gregorian::days since{static_cast<long>(day.count())};
    const auto calendar = (first_day() + since).year_month_day();
    std::tm fields{};
    fields.tm_year = calendar.year - 1900;
    fields.tm_mon = calendar.month - 1;
    fields.tm_mday = calendar.day;
    fields.tm_hour = second / 3600;
    fields.tm_min = second / 60 % 60;
    fields.tm_sec = second % 60;
    return fields;
}

std::string in_utc(WallTime time, const char* form) {
    const auto fields = fields_of(time);
    std::array<char, 32> text{};
    return {text.data(), std::strftime(text.data(), text.size(), form, &fields)};
}

} // namespace

std::int64_t seconds_of(const std::tm& utc) {
    const auto year = std::clamp(utc.tm_year + 1900, 1400, 9999);
    const date month{static_cast<unsigned short>(year), static_cast<unsigned short>(utc.tm_mon + 1),
                     1};
    const std::int64_t days = (month - first_day()).days() + utc.tm_mday - 1;
    return ((days * 24 + utc.tm_hour) * 60 + utc.tm_min) * 60 + utc.tm_sec;
}

WallTime wall_time(std::int64_t seconds_since_1970) {
    constexpr auto last = floor<std::chrono::seconds>(WallTime::max().time_since_epoch()).count();
    return WallTime{
        std::chrono::seconds{std::clamp<std::int64_t>(seconds_since_1970, -last, last)}};
}

std::string rfc3339(WallTime time) {
    return in_utc(time, "%Y-%m-%dT%H:%M:%SZ");
}

std::string file_stamp(WallTime time) {
    return in_utc(time, "%Y%m%dT%H%M%SZ");
}

} // namespace common
