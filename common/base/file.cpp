#include "common/base/file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace common {

namespace {

constexpr int max_links = 40; // as the kernel

} // namespace

Result<std::string> read_file(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return fail(Fault::storage, "cannot open " + path + ": " + std::strerror(errno));
    }
    std::string text;
    std::array<char, 65536> buffer{};
    ssize_t got = 0;
    while ((got = ::read(file, buffer.data(), buffer.size())) > 0 || (got < 0 && errno == EINTR)) {
        text.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    }
    const int why = errno;
    ::close(file);
    if (got < 0) {
        return fail(Fault::storage, "cannot read " + path + ": " + std::strerror(why));
    }
    return text;
}

std::string without_links(const std::string& path) {
    namespace fs = std::filesystem;
    fs::path file{path};
    std::error_code error;
    for (int link = 0; link < max_links && fs::is_symlink(file, error); ++link) {
        const auto to = fs::read_symlink(file, error);
        if (error) {
            break;
        }
        file = to.is_absolute() ? to : file.parent_path() / to;
    }
    const auto folder =
        fs::weakly_canonical(file.has_parent_path() ? file.parent_path() : fs::path{"."}, error);
    return error ? file.string() : (folder / file.filename()).string();
}

Result<void> sync_file(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool synced = file >= 0 && ::fsync(file) == 0;
    const int why = errno;
    if (file >= 0) {
        ::close(file);
    }
    return synced ? Result<void>{}
                  : fail(Fault::storage, "cannot sync " + path + ": " + std::strerror(why));
}

Result<void> sync_folder_of(const std::string& path) {
    const std::filesystem::path file{path};
    return sync_file(file.has_parent_path() ? file.parent_path().string() : ".");
}

Result<void> rename_file(const std::string& from, const std::string& to) {
    std::error_code error;
    std::filesystem::rename(from, to, error);
    return error ? fail(Fault::storage,
                        "cannot rename " + from + " to " + to + ": " + error.message())
                 : Result<void>{};
}

} // namespace common
