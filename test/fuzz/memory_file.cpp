#include "test/fuzz/memory_file.hpp"

#include <cerrno>
#include <sys/mman.h>
#include <system_error>
#include <unistd.h>

namespace fuzz {

namespace {

void check(bool done) {
    if (!done) {
        throw std::system_error{errno, std::generic_category(), "memory file"};
    }
}

} // namespace

MemoryFile::MemoryFile() : file_{::memfd_create("ffl-fuzz", MFD_CLOEXEC)} {
    check(file_ >= 0);
}

MemoryFile::~MemoryFile() {
    ::close(file_);
}

void MemoryFile::write(std::string_view bytes) {
    check(::ftruncate(file_, 0) == 0 &&
          ::pwrite(file_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
}

std::string MemoryFile::path() const {
    return "/proc/self/fd/" + std::to_string(file_);
}

} // namespace fuzz
