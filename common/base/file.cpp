#include "common/base/file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace common {

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

} // namespace common
