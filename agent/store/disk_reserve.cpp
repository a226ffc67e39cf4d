#include "agent/store/disk_reserve.hpp"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace agent {

namespace {

// The WAL of one checkpoint to the next is at most so long.
constexpr std::uintmax_t most_bytes = std::uintmax_t{4} << 20;
constexpr std::uintmax_t least_bytes = std::uintmax_t{128} << 10; // less helps nobody
constexpr std::uintmax_t share = 8;                               // of what is free

std::string reserve_of(const std::string& database) {
    return database + "-reserve";
}

} // namespace

void keep_reserve(const std::string& database, std::uint64_t min_free) {
    const std::filesystem::path path{reserve_of(database)};
    std::error_code error;
    const auto free =
        std::filesystem::space(path.has_parent_path() ? path.parent_path() : ".", error).available;
    if (error || std::filesystem::exists(path, error) || free < min_free ||
        (free - min_free) / share < least_bytes) {
        return;
    }
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        return;
    }
    const auto bytes = std::min((free - min_free) / share, most_bytes);
    const bool taken = ::posix_fallocate(file, 0, static_cast<::off_t>(bytes)) == 0;
    ::close(file);
    if (!taken) {
        give_up_reserve(database);
    }
}

bool give_up_reserve(const std::string& database) {
    std::error_code error;
    return std::filesystem::remove(reserve_of(database), error);
}

} // namespace agent
