#include "common/base/process_usage.hpp"

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace common {

namespace {

double seconds_of(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

/// How long this process has run, from field 22 of /proc/self/stat (proc(5)): in clock ticks since
/// the boot.
double age_s() {
    std::ifstream file{"/proc/self/stat"};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    // The name in parentheses may contain anything, so what counts begins behind the last one.
    const auto name_end = text.rfind(')');
    if (name_end == std::string::npos) {
        return 0;
    }
    constexpr int fields_between = 19; // the first one behind the name is field 3
    auto at = name_end + 1;
    for (int i = 0; i < fields_between && at != std::string::npos; ++i) {
        at = text.find(' ', at + 1);
    }
    if (at == std::string::npos) {
        return 0;
    }
    const auto started = std::strtod(text.c_str() + at, nullptr);
    timespec since_boot{};
    ::clock_gettime(CLOCK_BOOTTIME, &since_boot);
    return static_cast<double>(since_boot.tv_sec) + static_cast<double>(since_boot.tv_nsec) / 1e9 -
           started / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

} // namespace

ProcessUsage process_usage(WallTime now) {
    ProcessUsage usage;
    rusage times{};
    if (::getrusage(RUSAGE_SELF, &times) == 0) {
        usage.cpu_s = seconds_of(times.ru_utime) + seconds_of(times.ru_stime);
    }
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    if (std::ifstream file{"/proc/self/statm"}; file >> size >> resident) {
        const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
        usage.virtual_bytes = size * page;
        usage.resident_bytes = resident * page;
    }
    std::error_code failed;
    const std::filesystem::directory_iterator open{"/proc/self/fd", failed};
    if (!failed) {
        const auto entries = std::distance(begin(open), end(open));
        usage.open_descriptors = static_cast<std::uint64_t>(entries) - 1; // the listing's own
    }
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        usage.most_descriptors = limit.rlim_cur;
    }
    usage.started_s = seconds(now.time_since_epoch()) - age_s();
    return usage;
}

} // namespace common
