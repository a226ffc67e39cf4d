// JournalSocket: a datagram socket in a folder of its own, in journald's place.
#pragma once

#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace test {

class JournalSocket {
  public:
    JournalSocket() {
        folder_ = (std::filesystem::temp_directory_path() / "journal_test.XXXXXX").string();
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const bool made = ::mkdtemp(folder_.data()) != nullptr;
        std::strncpy(address.sun_path, path().c_str(), sizeof address.sun_path - 1);
        socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (!made ||
            ::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            throw std::runtime_error{"cannot make " + path()};
        }
    }
    ~JournalSocket() {
        ::close(socket_);
        std::filesystem::remove_all(folder_);
    }
    JournalSocket(const JournalSocket&) = delete;
    JournalSocket& operator=(const JournalSocket&) = delete;

    [[nodiscard]] std::string path() const { return folder_ + "/socket"; }

    /// The next entry, or "nothing".
    [[nodiscard]] std::string next() const {
        std::string entry(1 << 20, '\0');
        const auto got = ::recv(socket_, entry.data(), entry.size(), 0);
        entry.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
        return got < 0 ? "nothing" : entry;
    }

  private:
    std::string folder_;
    int socket_ = -1;
};

} // namespace test
