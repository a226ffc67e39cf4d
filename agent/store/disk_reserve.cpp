#include "agent/store/disk_reserve.hpp"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace agent {

namespace {

constexpr std::uint64_t share = 8;                            // of what is free
constexpr std::uint64_t min_bytes = std::uint64_t{128} << 10; // less would not help
// An upper bound of what the WAL grows by between two checkpoints.
constexpr std::uint64_t max_bytes = std::uint64_t{4} << 20;

std::string reserve_of(const std::string& database) {
    return database + "-reserve";
}

} // namespace

std::uint64_t reserve_size(std::uint64_t free, std::uint64_t min_free) {
    const auto bytes = free < min_free ? 0 : (free - min_free) / share;
    return bytes < min_bytes ? 0 : std::min(bytes, max_bytes);
}

void keep_reserve(const std::string& database, std::uint64_t min_free) {
    const std::filesystem::path path{reserve_of(database)};
    std::error_code error;
    if (std::filesystem::exists(path, error)) {
        return;
    }
    const auto space =
        std::filesystem::space(path.has_parent_path() ? path.parent_path() : ".", error);
    const auto bytes = error ? 0 : reserve_size(space.available, min_free);
    if (bytes == 0) {
        return;
    }
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        return;
    }
    const bool allocated = ::posix_fallocate(file, 0, static_cast<::off_t>(bytes)) == 0;
    ::close(file);
    if (!allocated) {
        give_up_reserve(database);
    }
}

bool give_up_reserve(const std::string& database) {
    std::error_code error;
    return std::filesystem::remove(reserve_of(database), error);
}

} // namespace agent
