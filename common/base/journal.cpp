#include "common/base/journal.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace common {

bool is_read_by_journald(int descriptor, const char* journal_stream) {
    struct stat found {};
    return journal_stream != nullptr && ::fstat(descriptor, &found) == 0 &&
           std::to_string(found.st_dev) + ":" + std::to_string(found.st_ino) == journal_stream;
}

void append_field(std::string& entry, std::string_view name, std::string_view value) {
    entry += name;
    if (value.find('\n') == std::string_view::npos) {
        entry += '=';
    } else {
        entry += '\n';
        for (int shift = 0; shift < 64; shift += 8) { // little-endian everywhere
            entry += static_cast<char>((std::uint64_t{value.size()} >> shift) & 0xff);
        }
    }
    entry += value;
    entry += '\n';
}

Journal::Journal(std::string_view socket)
    : socket_{socket}, descriptor_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)} {}

Journal::~Journal() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

bool Journal::send(std::string_view entry) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (descriptor_ < 0 || socket_.size() >= sizeof address.sun_path) {
        return false;
    }
    std::memcpy(address.sun_path, socket_.data(), socket_.size());
    // Not connected: a journald that was restarted is found again.
    ssize_t sent = 0;
    do {
        sent = ::sendto(descriptor_, entry.data(), entry.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                        reinterpret_cast<const sockaddr*>(&address), sizeof address);
    } while (sent < 0 && errno == EINTR);
    return sent >= 0;
}

} // namespace common
